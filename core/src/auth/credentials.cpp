#include "auth/credentials.hpp"

#include "auth/base64.hpp"
#include "auth/signed_token.hpp"

#include <algorithm>
#include <optional>

namespace rill::auth {
namespace {

constexpr std::size_t longest_user = 255;

Error refusal(std::string_view what) {
    return {Code::unauthorized, "the header Authorization " + std::string(what)};
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_visible(char c) {
    return c > 0x20 && c < 0x7f;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

Result<Credentials> user_and_password(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return refusal("has no colon between user and password");
    if (colon > longest_user) return refusal("has a user name that is too long");
    if (std::ranges::any_of(text, is_control)) return refusal("holds control characters");
    return Credentials{.user = std::string(text.substr(0, colon)),
                       .password = std::string(text.substr(colon + 1)),
                       .token = {}};
}

Result<Credentials> basic(std::string_view text) {
    const auto decoded = decode_base64(text);
    if (!decoded) return refusal("is not in base64");
    return user_and_password(*decoded);
}

Result<Credentials> bearer(std::string_view text) {
    if (std::ranges::count(text, ':') == 1) return user_and_password(text);
    if (text.empty() || !std::ranges::all_of(text, is_visible)) return refusal("has no valid token");
    return Credentials{.user = {}, .password = {}, .token = std::string(text)};
}

}  // namespace

Result<Credentials> parse_authorization(std::string_view header) {
    if (header.size() > longest_authorization) return refusal("is too long");
    const std::size_t blank = std::min(header.find(' '), header.size());
    const std::string_view scheme = header.substr(0, blank);
    std::string_view rest = header.substr(blank);
    while (rest.starts_with(' '))
        rest.remove_prefix(1);
    if (equals_ignoring_case(scheme, "basic")) return basic(rest);
    if (equals_ignoring_case(scheme, "bearer")) return bearer(rest);
    return Credentials();
}

Result<Credentials> credentials_of(const http::Request& request) {
    const std::string_view header = request.header("authorization");
    if (!header.empty()) return parse_authorization(header);
    const auto token = request.query.find("token");
    if (token == request.query.end() || !is_signed_token(token->second)) return Credentials();
    return Credentials{.user = {}, .password = {}, .token = token->second};
}

}  // namespace rill::auth
