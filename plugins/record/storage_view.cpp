#include "storage_view.hpp"

#include "container.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::record {

namespace {

bool touches(TimeRange a, TimeRange b) {
    return a.start_us < b.end_us && b.start_us < a.end_us;
}

}  // namespace

RecordedSegment StorageView::from_index(const Segment& segment) const {
    return {.file = root_ / segment.file,
            .time = {segment.start_us, segment.end_us},
            .bytes = segment.bytes,
            .init_bytes = segment.init_bytes,
            .chain = segment.chain,
            .codecs = segment.codecs,
            .locked = segment.locked,
            .open = false,
            .id = segment.id,
            .container = container_of(segment.file).value_or(Container::fmp4)};
}

/// What it continues may have become another chain since it was begun.
Result<RecordedSegment> StorageView::being_written() const {
    RecordedSegment segment = open_->segment;
    // Those of the index are positive.
    segment.chain = -segment.id;
    if (*index_ == nullptr) return segment;
    const auto chain = (*index_)->chain_of(segment.id);
    if (!chain) return chain.error();
    segment.chain = chain->value_or(segment.chain);
    return segment;
}

Result<std::vector<RecordedSpan>> StorageView::spans(TimeRange range) {
    if (!index_) return index_.error();
    std::vector<RecordedSpan> spans;
    if (Index* const index = *index_; index != nullptr) {
        auto finished = index->spans(path_, range.start_us, range.end_us);
        if (!finished) return finished.error();
        for (Span& span : *finished)
            spans.push_back({{span.start_us, span.end_us}, std::move(span.codecs)});
    }
    if (open_ == nullptr || !touches(open_->segment.time, range)) return spans;
    const TimeRange time = {std::max(open_->segment.time.start_us, range.start_us),
                            std::min(open_->segment.time.end_us, range.end_us)};
    const bool goes_on = !spans.empty() && spans.back().codecs == open_->segment.codecs &&
                         std::abs(spans.back().time.end_us - open_->segment.time.start_us) <= Index::seam_us;
    if (goes_on) {
        spans.back().time.end_us = std::max(spans.back().time.end_us, time.end_us);
        return spans;
    }
    const RecordedSpan own = {time, open_->segment.codecs};
    // It finished meanwhile, or the clock was set back: what is there already is not told twice.
    const auto after = std::find_if(spans.begin(), spans.end(), [&time](const RecordedSpan& span) {
        return span.time.start_us > time.start_us;
    });
    const bool covered = after != spans.begin() && std::prev(after)->time.end_us >= time.end_us;
    if (!covered) spans.insert(after, own);
    return spans;
}

Result<std::vector<RecordedSegment>> StorageView::segments(TimeRange range, std::size_t limit) {
    if (!index_) return index_.error();
    std::vector<RecordedSegment> segments;
    if (Index* const index = *index_; index != nullptr) {
        const auto finished = index->segments(path_, range.start_us, range.end_us, limit);
        if (!finished) return finished.error();
        for (const Segment& segment : *finished)
            segments.push_back(from_index(segment));
    }
    if (open_ == nullptr || !touches(open_->segment.time, range)) return segments;
    if (std::ranges::any_of(segments, [this](const auto& segment) { return is_open(segment.id); }))
        return segments;
    const auto place = std::ranges::upper_bound(segments, open_->segment.time.start_us, {},
                                                [](const auto& segment) { return segment.time.start_us; });
    // Behind a full list there may be others before it.
    if (segments.size() == limit && place == segments.end()) return segments;
    auto open = being_written();
    if (!open) return open.error();
    segments.insert(place, *std::move(open));
    if (segments.size() > limit) segments.pop_back();
    return segments;
}

Result<std::optional<RecordedSegment>> StorageView::segment_at(std::int64_t time_us) {
    if (!index_) return index_.error();
    const bool in_open =
        open_ != nullptr && open_->segment.time.start_us <= time_us && time_us < open_->segment.time.end_us;
    if (in_open) {
        auto open = being_written();
        if (!open) return open.error();
        return std::optional(*std::move(open));
    }
    if (*index_ == nullptr) return std::optional<RecordedSegment>();
    const auto found = (*index_)->segment_at(path_, time_us);
    if (!found) return found.error();
    return *found ? std::optional(from_index(**found)) : std::nullopt;
}

Result<RecordedNeighbours> StorageView::nearest(std::int64_t time_us) {
    if (!index_) return index_.error();
    RecordedNeighbours out;
    if (Index* const index = *index_; index != nullptr) {
        const auto found = index->nearest(path_, time_us);
        if (!found) return found.error();
        if (found->before) out.before = from_index(*found->before);
        if (found->after) out.after = from_index(*found->after);
    }
    if (open_ == nullptr) return out;
    const auto open = being_written();
    if (!open) return open.error();
    if (open->time.start_us <= time_us) {
        if (!out.before || out.before->time.end_us <= open->time.end_us) out.before = *open;
    } else if (!out.after || open->time.start_us < out.after->time.start_us) {
        out.after = *open;
    }
    return out;
}

Result<std::vector<RecordedPart>> StorageView::parts(const RecordedSegment& segment) {
    const std::string name = segment.file.filename().string();
    if (segment.container != Container::fmp4) {
        return Error{Code::not_found,
                     fmt::format("the recording {} is {} (recordFormat); only fmp4 is played by time, other "
                                 "files are listed and kept",
                                 name, to_string(segment.container))};
    }
    if (is_open(segment.id)) return open_->parts;
    if (!index_) return index_.error();
    const Error gone = {Code::not_found, fmt::format("the recording {} is not there any more", name)};
    if (*index_ == nullptr) return gone;
    const auto parts = (*index_)->parts(segment.id);
    if (!parts) return parts.error().code == Code::not_found ? gone : parts.error();
    std::vector<RecordedPart> out;
    out.reserve(parts->size());
    std::int64_t start_us = segment.time.start_us;
    std::uint64_t offset = segment.init_bytes;
    for (const Part& part : *parts) {
        out.push_back({{start_us, start_us + part.duration_us}, offset, part.bytes, part.keyframe});
        start_us += part.duration_us;
        offset += part.bytes;
    }
    return out;
}

}  // namespace rill::record
