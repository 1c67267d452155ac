#include "auth/secret.hpp"

#include "auth/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <argon2.h>
#include <charconv>

namespace rill::auth {
namespace {

constexpr std::size_t longest_secret = 1024;
// What one verification may cost. Beyond it a slip of the pen in the configuration takes the machine's
// memory.
constexpr unsigned argon2_kilobytes = 1u << 20;
constexpr unsigned argon2_passes = 64;
constexpr unsigned argon2_lanes = 16;
constexpr std::size_t argon2_salt_bytes = 8;  // libargon2's own least
constexpr std::size_t argon2_hash_bytes = 16;

bool take(std::string_view& text, std::string_view start) {
    if (!text.starts_with(start)) return false;
    text.remove_prefix(start.size());
    return true;
}

bool take_number(std::string_view& text, std::string_view name, unsigned least, unsigned most) {
    unsigned value = 0;
    if (!take(text, name)) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < least || value > most) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

/// Base64 without padding, up to `end`.
bool take_bytes(std::string_view& text, char end, std::size_t least) {
    const std::size_t size = std::min(text.find(end), text.size());
    std::string padded(text.substr(0, size));
    padded.append((4 - size % 4) % 4, '=');
    const auto bytes = decode_base64(padded);
    text.remove_prefix(size);
    return bytes && bytes->size() >= least;
}

constexpr std::array argon2_types = {
    std::pair<std::string_view, argon2_type>{"$argon2id$", Argon2_id},
    std::pair<std::string_view, argon2_type>{"$argon2i$", Argon2_i},
    std::pair<std::string_view, argon2_type>{"$argon2d$", Argon2_d},
};

/// Whether libargon2 reads it, found out without the cost of a verification.
bool is_argon2(std::string_view text) {
    const auto type =
        std::ranges::find_if(argon2_types, [&](const auto& known) { return text.starts_with(known.first); });
    if (type == argon2_types.end()) return false;
    text.remove_prefix(type->first.size());
    if (text.starts_with("v=") && !(take_number(text, "v=", 16, 19) && take(text, "$"))) return false;
    return take_number(text, "m=", 8, argon2_kilobytes) && take_number(text, ",t=", 1, argon2_passes) &&
           take_number(text, ",p=", 1, argon2_lanes) && take(text, "$") &&
           take_bytes(text, '$', argon2_salt_bytes) && take(text, "$") &&
           take_bytes(text, '\0', argon2_hash_bytes) && text.empty();
}

bool argon2_matches(const std::string& encoded, std::string_view guess) {
    for (const auto& [start, type] : argon2_types) {
        if (encoded.starts_with(start))
            return argon2_verify(encoded.c_str(), guess.data(), guess.size(), type) == ARGON2_OK;
    }
    return false;
}

Error refusal(std::string_view what) {
    return {Code::invalid_config, std::string(what)};
}

}  // namespace

Result<Secret> Secret::parse(std::string_view text) {
    Secret result;
    if (text.empty()) return result;
    if (text.size() > longest_secret) return refusal(fmt::format("is longer than {} bytes", longest_secret));
    if (take(text, "sha256:")) {
        const auto bytes = decode_base64(text);
        if (!bytes || bytes->size() != result.digest_.size())
            return refusal("expected the 32 bytes of a SHA-256 hash in base64 behind sha256:");
        std::ranges::copy(as_bytes(*bytes), result.digest_.begin());
        result.form_ = Form::sha256;
        return result;
    }
    if (take(text, "argon2:")) {
        if (!is_argon2(text)) {
            return refusal(
                fmt::format("expected an argon2 hash such as $argon2id$v=19$m=65536,t=3,p=4$salt$hash behind "
                            "argon2:, with m ≤ {}, t ≤ {} and p ≤ {}",
                            argon2_kilobytes, argon2_passes, argon2_lanes));
        }
        result.encoded_ = text;
        result.form_ = Form::argon2;
        return result;
    }
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(text, is_control)) return refusal("holds a control character");
    result.digest_ = sha256(text);
    result.form_ = Form::sha256;
    return result;
}

bool Secret::matches(std::string_view guess) const {
    switch (form_) {
        case Form::none:
            return true;
        case Form::sha256:
            return equal(digest_, sha256(guess));
        case Form::argon2:
            return argon2_matches(encoded_, guess);
    }
    return false;
}

}  // namespace rill::auth
