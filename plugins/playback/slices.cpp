#include "slices.hpp"

#include <algorithm>

namespace rill::playback {
namespace {

/// Keyframes come a little early or late; a slice of 4 s is not to become one of 5 for it.
constexpr std::int64_t long_enough_us = slice_us * 9 / 10;

/// The part to begin with: the last with a keyframe at or before the time, else the first.
std::size_t first_part(std::span<const RecordedPart> parts, std::int64_t time_us) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < parts.size() && parts[i].time.start_us <= time_us; ++i) {
        if (parts[i].keyframe) first = i;
    }
    return first;
}

}  // namespace

bool begins_slice(const RecordedPart& part, std::int64_t slice_start_us, std::int64_t longest_us) {
    if (part.keyframe && part.time.start_us - slice_start_us >= long_enough_us) return true;
    return part.time.end_us - slice_start_us > longest_us;
}

std::vector<Slice> cut_slices(std::span<const RecordedPart> parts, TimeRange range, bool grows) {
    std::vector<Slice> slices;
    const std::size_t first = first_part(parts, range.start_us);
    std::int64_t slice_start_us = parts.empty() ? 0 : parts.front().time.start_us;
    bool begins = true;
    for (std::size_t i = 0; i < parts.size() && parts[i].time.start_us < range.end_us; ++i) {
        const RecordedPart& part = parts[i];
        if (i > 0 && begins_slice(part, slice_start_us, longest_slice_us)) {
            slice_start_us = part.time.start_us;
            begins = true;
        }
        if (i < first) continue;
        if (begins || slices.empty()) {
            slices.push_back({part.time.start_us, 0, part.offset, 0, part.keyframe});
            begins = false;
        }
        slices.back().end_us = part.time.end_us;
        slices.back().end_byte = part.offset + part.bytes;
    }
    if (grows && !slices.empty()) slices.pop_back();
    return slices;
}

}  // namespace rill::playback
