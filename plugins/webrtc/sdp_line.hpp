// The lexical layer of SDP: lines, words, numbers.
#pragma once

#include <rill/result.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::webrtc {

struct SdpLine {
    char type;  ///< 'a' in "a=mid:0"
    std::string_view value;
    unsigned number;  ///< from 1, for messages
};

/// The lines of a description; empty ones are skipped. Views into `text`. Error: invalid_config for what is
/// no "x=value" line, holds control characters, or exceeds the limits on size and number.
Result<std::vector<SdpLine>> split_sdp(std::string_view text);

/// Cuts off what stands before the next `separator`; the rest stays in `text` without it.
std::string_view take_word(std::string_view& text, char separator = ' ');

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

/// "mid:0" with name "mid" → "0".
std::optional<std::string_view> attribute(std::string_view line, std::string_view name);

bool is_token(std::string_view text, std::size_t minimum, std::size_t maximum);
/// ice-char of RFC 8839 §5.4.
bool is_ice_string(std::string_view text, std::size_t minimum, std::size_t maximum);

}  // namespace rill::webrtc
