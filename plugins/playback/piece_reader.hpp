// One file of a plan, opened: its parts, where they lie in the answer, and their moofs.
#pragma once

#include "file.hpp"
#include "plan.hpp"

#include <rill/archive.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace rill::playback {

/// The parts of a segment from `first_byte` to `end_byte`; others are not given. Error: conflict when parts
/// do not begin and end there: the recording is not what it was when the answer was planned.
Result<std::vector<RecordedPart>> parts_between(ArchiveView& view, const RecordedSegment& segment,
                                                std::uint64_t first_byte, std::uint64_t end_byte);

/// The segment of a piece as the index knows it now. Error: not_found.
Result<RecordedSegment> find_segment(ArchiveView& view, const Piece& piece);

/// moof and the header of mdat of a part. Errors: unsupported_media when it is something else, unavailable.
Result<std::vector<std::uint8_t>> read_moof(const File& file, const RecordedPart& part);

}  // namespace rill::playback
