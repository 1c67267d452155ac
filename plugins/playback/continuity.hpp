// Whether a recorded file goes on where the one before ended.
#pragma once

#include <rill/archive.hpp>

namespace rill::playback {

/// Whether `segment` follows `before` without a gap and in the same formats. The chain of what is being
/// written has another number from one look to the next, so the files themselves tell.
/// Threading: the archive's thread.
bool continues(const RecordedSegment& before, const RecordedSegment& segment);

}  // namespace rill::playback
