// Base64 (RFC 4648), read strictly: each value has exactly one text, so a token cannot be changed and stay
// valid.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rill::auth {

/// §4, with its padding.
std::optional<std::string> decode_base64(std::string_view text);
/// §5, without padding, as RFC 7515 §2 has it.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::span<const std::uint8_t> bytes);

}  // namespace rill::auth
