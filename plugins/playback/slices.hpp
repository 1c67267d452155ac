// Cuts stored files into what HLS calls segments: runs of whole parts that begin with a keyframe.
#pragma once

#include <rill/archive.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace rill::playback {

/// A media segment of a playlist: parts of one file, in a row.
struct Slice {
    std::int64_t start_us = 0;  ///< UTC
    std::int64_t end_us = 0;
    std::uint64_t first_byte = 0;  ///< in the file
    std::uint64_t end_byte = 0;
    bool keyframe = false;  ///< begins with one

    bool operator==(const Slice&) const = default;
};

/// What a slice lasts at least, unless its file ends or a keyframe comes a little early.
constexpr std::int64_t slice_us = 4'000'000;
/// What it lasts at most; where no keyframe comes for so long it ends without one. Parts are not longer than
/// recordPartDuration, which is 10 s at most.
constexpr std::int64_t longest_slice_us = 12'000'000;

/// Whether a slice that began at `slice_start_us`, and may last `longest_us`, ends before a part.
bool begins_slice(const RecordedPart& part, std::int64_t slice_start_us, std::int64_t longest_us);

/// `parts` are all of a file. Where they are cut depends on them alone, so that a slice has the same bytes in
/// every playlist, but for the first and the last one: they begin with the keyframe at or before the range,
/// and end with the part that holds its last moment. `grows`: the last slice is not finished and left out.
std::vector<Slice> cut_slices(std::span<const RecordedPart> parts, TimeRange range, bool grows);

}  // namespace rill::playback
