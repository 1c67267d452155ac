// One file of a plan, opened: which, and its parts.
#pragma once

#include "plan.hpp"

#include <rill/recorded_file.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace rill::playback {

/// The parts of a segment from `first_byte` to `end_byte`; others are not given. Error: conflict when parts
/// do not begin and end there: the recording is not what it was when the answer was planned.
Result<std::vector<RecordedPart>> parts_between(ArchiveView& view, const RecordedSegment& segment,
                                                std::uint64_t first_byte, std::uint64_t end_byte);

/// Of the segments that have something of a moment, the first that is wanted.
Result<std::optional<RecordedSegment>> segment_where(
    ArchiveView& view, std::int64_t time_us, const std::function<bool(const RecordedSegment&)>& is_wanted);

/// The segment of a piece as the index knows it now. Error: not_found.
Result<RecordedSegment> find_segment(ArchiveView& view, const Piece& piece);

}  // namespace rill::playback
