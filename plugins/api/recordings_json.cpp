#include "recordings_json.hpp"

#include <rill/clock.hpp>

namespace rill::api {
namespace {

constexpr double second_us = 1e6;

Json to_json(const TimeRange& time) {
    return Json::object().set("start", rfc3339_us(time.start_us)).set("end", rfc3339_us(time.end_us));
}

}  // namespace

Json to_json(const RecordedPath& path) {
    return Json::object()
        .set("name", path.name)
        .set("start", rfc3339_us(path.time.start_us))
        .set("end", rfc3339_us(path.time.end_us))
        .set("bytes", path.bytes)
        .set("segments", path.segments);
}

Json to_json(const RecordedSpan& span) {
    return to_json(span.time)
        .set("duration", static_cast<double>(span.time.end_us - span.time.start_us) / second_us)
        .set("codecs", span.codecs);
}

Json to_json(const RecordedSegment& segment) {
    return to_json(segment.time)
        .set("file", segment.file.string())
        .set("bytes", segment.bytes)
        .set("locked", segment.locked)
        .set("open", segment.open)
        .set("format", to_string(segment.container))
        .set("codecs", segment.codecs);
}

Json to_json(const StorageStatus& storage) {
    return Json::object()
        .set("root", storage.root.string())
        .set("segments", storage.segments)
        .set("bytes", storage.bytes)
        .set("diskBytes", storage.disk_bytes)
        .set("diskFree", storage.disk_free)
        .set("writtenBytes", storage.written_bytes)
        .set("queuedBytes", storage.queued_bytes)
        .set("droppedParts", storage.dropped_parts)
        .set("deletedBytes", storage.deleted_bytes)
        .set("failure", storage.failure);
}

Json gaps_of(const std::vector<RecordedSpan>& spans) {
    Json gaps = Json::array();
    for (std::size_t i = 1; i < spans.size(); ++i) {
        const TimeRange gap{spans[i - 1].time.end_us, spans[i].time.start_us};
        if (gap.start_us < gap.end_us) gaps.append(to_json(gap));
    }
    return gaps;
}

}  // namespace rill::api
