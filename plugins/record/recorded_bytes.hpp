// Recordings as the recorder makes them, for tests.
#pragma once

#include <rill/media/access_unit.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rill::record::testing {

/// "opus", "ulaw" or "alaw": a format that needs no configuration record.
Format sound(const std::string& codec);

/// An init segment, and parts of one second each with a track for each format.
struct RecordedBytes {
    std::string init;
    std::vector<std::string> parts;
    std::string whole() const;
};
RecordedBytes recorded(const std::vector<Format>& formats, int parts);

/// Makes the folders, too.
void write_file(const std::filesystem::path& file, const std::string& bytes);
std::string read_file(const std::filesystem::path& file);

}  // namespace rill::record::testing
