#include "auth/base64.hpp"

#include <array>

namespace rill::auth {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> values_of(std::string_view alphabet) {
    std::array<std::int8_t, 256> values = {};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}

constexpr auto standard_values = values_of(standard);
constexpr auto url_values = values_of(url);

std::optional<std::string> decode(std::string_view text, const std::array<std::int8_t, 256>& values) {
    std::string result;
    result.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const int value = values[static_cast<unsigned char>(c)];
        if (value < 0) return {};
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        result += static_cast<char>(bits >> count & 0xff);
    }
    // Six bits make no byte; bits that make none must be zero (§3.5).
    if (count == 6 || (bits & ((1U << count) - 1)) != 0) return {};
    return result;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return {};
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    return decode(text, standard_values);
}

std::optional<std::string> decode_base64url(std::string_view text) {
    return decode(text, url_values);
}

std::string encode_base64url(std::span<const std::uint8_t> bytes) {
    std::string result;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        count += 8;
        while (count >= 6) {
            count -= 6;
            result += url[bits >> count & 0x3f];
        }
    }
    if (count > 0) result += url[bits << (6 - count) & 0x3f];
    return result;
}

}  // namespace rill::auth
