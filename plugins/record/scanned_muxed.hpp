// What a file of MPEG-TS or Matroska holds, by a look at its beginning and its end.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rill::record {

struct ScannedMux {
    std::int64_t duration_us = 0;   ///< 0: there is nothing in it
    std::string codecs;             ///< as ScannedFile's
    std::uint32_t init_bytes = 0;   ///< what stands before the first part
    std::uint64_t whole_bytes = 0;  ///< up to where it is whole
    std::string torn;               ///< why it is not whole to the end; empty when it is
};

/// What a file lasts of which no two moments are known: it is not empty.
inline constexpr std::int64_t one_picture_us = 40'000;

// Errors: unsupported_media when it is no such file; internal when it cannot be read.

/// ISO/IEC 13818-1. Lasts from its first to its last PCR.
Result<ScannedMux> scan_mpegts(int fd, std::uint64_t size);
/// RFC 9559. Lasts to the end of its last block.
Result<ScannedMux> scan_matroska(int fd, std::uint64_t size);

/// As many bytes as there are, up to `most`. Error: internal.
Result<std::vector<std::uint8_t>> read_at(int fd, std::uint64_t offset, std::size_t most);
/// RFC 6381, of the parameter sets among the NAL units; empty when they are missing or broken.
std::string codec_of_nals(bool is_h265, const std::vector<std::span<const std::uint8_t>>& nals);

}  // namespace rill::record
