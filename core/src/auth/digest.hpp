// Hashes, keys and comparisons that tell nothing by their time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace rill::auth {

using Digest = std::array<std::uint8_t, 32>;

/// FIPS 180-4.
Digest sha256(std::string_view text);
/// RFC 2104.
Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view text);
/// 32 bytes that nobody can guess. Aborts when the system has none to give.
Digest random_key();

/// Takes as long for different bytes as for the same. Sizes are no secret.
bool equal(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right);

std::span<const std::uint8_t> as_bytes(std::string_view text);

}  // namespace rill::auth
