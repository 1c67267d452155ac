#include "memory_view.hpp"

#include <algorithm>
#include <utility>

namespace rill::test {

MemoryView::MemoryView(const MemoryIndex& index, std::string path, Refusals refusals, LookCount& count)
    : index_(index), path_(std::move(path)), refusals_(std::move(refusals)), count_(count) {}

Result<std::vector<RecordedSpan>> MemoryView::spans(TimeRange range) {
    if (refusals_.all) return *refusals_.all;
    std::vector<RecordedSpan> spans;
    std::int64_t chain = 0;
    for (const RecordedSegment* segment : index_.touching(path_, range)) {
        const TimeRange time{std::max(segment->time.start_us, range.start_us),
                             std::min(segment->time.end_us, range.end_us)};
        if (!spans.empty() && chain == segment->chain) {
            spans.back().time.end_us = time.end_us;
        } else {
            spans.push_back({time, segment->codecs});
        }
        chain = segment->chain;
    }
    return spans;
}

Result<std::vector<RecordedSegment>> MemoryView::segments(TimeRange range, std::size_t limit) {
    if (refusals_.all) return *refusals_.all;
    std::vector<RecordedSegment> segments;
    for (const RecordedSegment* segment : index_.touching(path_, range)) {
        if (segments.size() < limit) segments.push_back(*segment);
    }
    ++count_.looks;
    count_.largest = std::max(count_.largest, segments.size());
    return segments;
}

Result<std::optional<RecordedSegment>> MemoryView::segment_at(std::int64_t time_us) {
    if (refusals_.all) return *refusals_.all;
    std::optional<RecordedSegment> last;
    for (const RecordedSegment* segment : index_.touching(path_, {time_us, time_us + 1})) {
        if (!last || segment->id > last->id) last = *segment;
    }
    return last;
}

Result<RecordedNeighbours> MemoryView::nearest(std::int64_t time_us) {
    if (refusals_.all) return *refusals_.all;
    RecordedNeighbours neighbours;
    for (const MemoryIndex::Entry& entry : index_.entries()) {
        if (entry.path != path_) continue;
        const RecordedSegment& segment = entry.stored.segment;
        if (segment.time.start_us > time_us) {
            if (!neighbours.after) neighbours.after = segment;
        } else if (!neighbours.before || segment.time.end_us > neighbours.before->time.end_us) {
            neighbours.before = segment;
        }
    }
    return neighbours;
}

Result<std::vector<RecordedPart>> MemoryView::parts(const RecordedSegment& segment) {
    if (refusals_.all) return *refusals_.all;
    if (refusals_.parts) return *refusals_.parts;
    const StoredSegment* stored = index_.find(segment.id);
    if (stored == nullptr) return Error{Code::not_found, "the segment was deleted"};
    if (stored->segment.container != Container::fmp4)
        return Error{Code::not_found, "parts are of fragmented MP4 only"};
    return stored->parts;
}

}  // namespace rill::test
