#include "segment_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rill::api {

std::string Position::text() const {
    return fmt::format("{}.{}", start_us, id);
}

Result<Position> Position::parse(std::string_view text) {
    Position position;
    const char* const end = text.data() + text.size();
    const auto start = std::from_chars(text.data(), end, position.start_us);
    if (start.ec == std::errc() && start.ptr != end && *start.ptr == '.') {
        const auto id = std::from_chars(start.ptr + 1, end, position.id);
        if (id.ec == std::errc() && id.ptr == end) return position;
    }
    return Error{Code::invalid_config,
                 fmt::format("next: '{}' is no place in a list; take it from the answer before", text)};
}

Position position_of(const RecordedSegment& segment) {
    return {segment.time.start_us, segment.id};
}

Result<std::vector<RecordedSegment>> SegmentCursor::next(ArchiveView& view, std::size_t limit) {
    TimeRange rest = range_;
    if (after_) rest.start_us = std::max(rest.start_us, after_->start_us);
    if (rest.start_us >= rest.end_us) return std::vector<RecordedSegment>();
    // The one at the place touches the rest, and so do others that overlap it: they come first, once more.
    for (std::size_t asked = limit + (after_ ? 2 : 0);; asked *= 2) {
        auto found = view.segments(rest, asked);
        if (!found) return found.error();
        const bool is_all = found->size() < asked;
        if (after_) std::erase_if(*found, [this](const auto& s) { return position_of(s) <= *after_; });
        if (!is_all && found->size() < limit) continue;
        if (found->size() > limit) found->resize(limit);
        if (!found->empty()) after_ = position_of(found->back());
        return found;
    }
}

}  // namespace rill::api
