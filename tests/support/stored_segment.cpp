#include "stored_segment.hpp"

#include <rill/media/cmaf_reader.hpp>
#include <rill/recorded_codecs.hpp>

#include <chrono>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace rill::test {
namespace {

cmaf::Scan scan(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    auto scanned = cmaf::scan(descriptor);
    if (descriptor >= 0) ::close(descriptor);
    if (!scanned) throw std::runtime_error(scanned.error().message);
    if (scanned->parts.empty()) throw std::runtime_error("a recording without parts");
    return *std::move(scanned);
}

std::int64_t to_us(Nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

TimeRange moved(TimeRange time, std::int64_t by_us) {
    return {time.start_us + by_us, time.end_us + by_us};
}

}  // namespace

StoredSegment read_segment(const std::filesystem::path& file, std::int64_t start_us, std::int64_t chain) {
    const cmaf::Scan scanned = scan(file);
    StoredSegment stored;
    for (const cmaf::Part& part : scanned.parts) {
        const TimeRange time{to_us(part.start), to_us(part.start + part.duration)};
        stored.parts.push_back(
            {moved(time, start_us), part.offset, static_cast<std::uint32_t>(part.bytes), part.keyframe});
    }
    RecordedSegment& segment = stored.segment;
    segment.file = file;
    segment.time = {start_us, stored.parts.back().time.end_us};
    segment.bytes = scanned.complete_bytes;
    segment.init_bytes = static_cast<std::uint32_t>(scanned.init.bytes);
    segment.chain = chain;
    for (const Format& format : scanned.init.tracks)
        append_codec(segment.codecs, recorded_codec(format));
    return stored;
}

void move_to(StoredSegment& stored, std::int64_t start_us) {
    const std::int64_t later_us = start_us - stored.segment.time.start_us;
    stored.segment.time = moved(stored.segment.time, later_us);
    for (RecordedPart& part : stored.parts)
        part.time = moved(part.time, later_us);
}

void keep_open(StoredSegment& stored, std::size_t parts) {
    stored.segment.open = true;
    stored.parts.resize(parts);
    const RecordedPart& last = stored.parts.back();
    stored.segment.time.end_us = last.time.end_us;
    stored.segment.bytes = last.offset + last.bytes;
}

}  // namespace rill::test
