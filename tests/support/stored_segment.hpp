// A segment as an index has it, found out by reading its file.
#pragma once

#include <rill/archive.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rill::test {

struct StoredSegment {
    RecordedSegment segment;
    std::vector<RecordedPart> parts;
};

/// A file of cmaf::Writer, as recorded from `start_us` on. Throws std::runtime_error when it is none.
StoredSegment read_segment(const std::filesystem::path& file, std::int64_t start_us, std::int64_t chain);

/// As if it had been recorded from `start_us` on.
void move_to(StoredSegment& stored, std::int64_t start_us);
/// Cuts it off behind so many parts, at least one, and says that it is being written.
void keep_open(StoredSegment& stored, std::size_t parts);

}  // namespace rill::test
