#include "auth/signed_token.hpp"

#include "auth/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rill::auth {
namespace {

constexpr std::string_view any_version = "rill";
constexpr std::string_view version = "rill1.";
constexpr std::size_t longest_path = 1024;
constexpr std::size_t longest_token = 2048;

Error refusal(std::string_view what) {
    return {Code::unauthorized, "the token " + std::string(what)};
}

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

}  // namespace

bool is_signed_token(std::string_view text) {
    if (!text.starts_with(any_version)) return false;
    text.remove_prefix(any_version.size());
    const std::size_t dot = text.find('.');
    return dot != std::string_view::npos && dot > 0 && dot == text.find_first_not_of("0123456789");
}

std::string TokenSigner::signature(std::string_view text) const {
    return encode_base64url(hmac_sha256(key_, text));
}

Result<std::string> TokenSigner::sign(Action action, std::string_view path, std::chrono::seconds life,
                                      std::int64_t now) const {
    if (!concerns_path(action)) {
        return Error{Code::invalid_config,
                     fmt::format("a token is for publish, read or playback, not for {}", to_string(action))};
    }
    if (path.empty() || path.size() > longest_path) {
        return Error{Code::invalid_config,
                     fmt::format("a token is for a path, whose name has at most {} bytes", longest_path)};
    }
    if (life < std::chrono::seconds(1) || life > longest_life) {
        return Error{Code::invalid_config, fmt::format("a token lives from 1 to {} seconds",
                                                       std::chrono::seconds(longest_life).count())};
    }
    const std::string grant = fmt::format("{} {} {}", now + life.count(), to_string(action), path);
    const std::string text = std::string(version) + encode_base64url(as_bytes(grant));
    return text + '.' + signature(text);
}

Result<Grant> TokenSigner::verify(std::string_view token) const {
    if (token.size() > longest_token) return refusal("is too long");
    if (!token.starts_with(version)) return refusal("has a version that is not known");
    const std::size_t dot = token.rfind('.');
    const std::string_view text = token.substr(0, dot);
    if (!equal(as_bytes(token.substr(dot + 1)), as_bytes(signature(text)))) return refusal("is forged");
    const auto decoded = decode_base64url(text.substr(std::min(version.size(), text.size())));
    if (!decoded) return refusal("is malformed");
    std::string_view rest = *decoded;
    const std::string_view expires = take_word(rest);
    const auto action = parse_action(take_word(rest));
    Grant grant;
    const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), grant.expires);
    if (error != std::errc() || end != expires.data() + expires.size() || !action || rest.empty())
        return refusal("is malformed");
    grant.action = *action;
    grant.path = rest;
    return grant;
}

}  // namespace rill::auth
