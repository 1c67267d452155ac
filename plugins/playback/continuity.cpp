#include "continuity.hpp"

#include <rill/recorded_file.hpp>

#include <cstdlib>

namespace rill::playback {
namespace {

/// What lies so near to each other has no gap between it, as the archive sees it: clocks waver.
constexpr std::int64_t seam_us = 200'000;

Result<cmaf::Init> read_init(const RecordedSegment& segment) {
    const auto file = RecordedFile::open(segment.file);
    if (!file) return file.error();
    return file->read_init(segment.init_bytes);
}

}  // namespace

bool continues(const RecordedSegment& before, const RecordedSegment& segment) {
    if (before.codecs != segment.codecs) return false;
    if (std::abs(segment.time.start_us - before.time.end_us) > seam_us) return false;
    if (!before.open && !segment.open) return before.chain == segment.chain;
    const auto earlier = read_init(before);
    const auto later = read_init(segment);
    return earlier && later && *earlier == *later;
}

}  // namespace rill::playback
