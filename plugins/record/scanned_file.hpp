// What a recording's file holds, as the index wants it.
#pragma once

#include "parts.hpp"

#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rill::record {

struct ScannedFile {
    std::vector<Part> parts;
    std::uint32_t init_bytes = 0;   ///< where the first part begins
    std::int64_t duration_us = 0;   ///< of all parts
    std::string codecs;             ///< RFC 6381, separated by commas; G.711 is "ulaw" or "alaw"
    std::int64_t formats = 0;       ///< the same for files with the same init segment, positive
    std::uint64_t bytes = 0;        ///< the file's size
    std::uint64_t whole_bytes = 0;  ///< up to where it is whole
    std::string torn;               ///< why it is not whole to the end; empty when it is
};

/// Reads box headers, not samples. A file is cut off at `whole_bytes` when `cut` is set and it is torn.
/// Symbolic links are not followed. Errors: not_found; unsupported_media when it is none of our recordings;
/// internal when it cannot be opened, read or cut: this says nothing of what it holds.
/// The caller adds the file's name to the message.
Result<ScannedFile> scan_recording(const std::filesystem::path& file, bool cut);

}  // namespace rill::record
