#include "continuity.hpp"

#include "file.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace rill::playback {
namespace {

/// What lies so near to each other has no gap between it, as the archive sees it: clocks waver.
constexpr std::int64_t seam_us = 200'000;
constexpr std::uint32_t longest_init = 1 << 20;

Result<std::vector<std::uint8_t>> read_head(const RecordedSegment& segment) {
    const auto file = File::open(segment.file);
    if (!file) return file.error();
    std::vector<std::uint8_t> bytes(std::min(segment.init_bytes, longest_init));
    if (const auto read = file->read(0, bytes); !read) return read.error();
    return bytes;
}

}  // namespace

bool is_playable(const RecordedSegment& segment) {
    std::string_view rest = segment.codecs;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const std::string_view codec = rest.substr(0, comma);
        if (codec != "ulaw" && codec != "alaw") return true;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
}

bool continues(const RecordedSegment& before, const RecordedSegment& segment) {
    if (before.codecs != segment.codecs) return false;
    if (std::abs(segment.time.start_us - before.time.end_us) > seam_us) return false;
    if (!before.open && !segment.open) return before.chain == segment.chain;
    const auto earlier = read_head(before);
    const auto later = read_head(segment);
    return earlier && later && *earlier == *later;
}

}  // namespace rill::playback
