#include "mux_collector.hpp"

#include <rill/bytes.hpp>
#include <rill/media/access_unit.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace rill::record {

namespace {

constexpr std::array<std::uint8_t, 4> cluster_id = {0x1F, 0x43, 0xB6, 0x75};
/// Times of the muxer are rounded: MPEG-TS counts in 90 kHz, Matroska in milliseconds.
constexpr Nanoseconds rounding = std::chrono::milliseconds(2);
constexpr auto to_the_end = Nanoseconds::max();

}  // namespace

void MuxCollector::announce(NewSegment segment, Nanoseconds start) {
    const std::lock_guard lock(mutex_);
    segments_.push_back({std::move(segment), start, {}});
}

void MuxCollector::announce(Announced part) {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty()) segments_.back().parts.push_back(part);
}

bool MuxCollector::wait_for_end(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    while (!segments_.empty()) {
        const std::uint64_t before = taken_;
        const bool moved = changed_.wait_for(
            lock, patience, [this, before] { return segments_.empty() || taken_ != before; });
        if (!moved) return false;
    }
    return true;
}

void MuxCollector::close() {
    const std::lock_guard lock(mutex_);
    archive_ = nullptr;
}

void MuxCollector::begin_file() {
    const std::lock_guard lock(mutex_);
    in_file_ = !segments_.empty();
    begun_ = false;
    keyframe_.reset();
    written_us_ = 0;
    shift_.reset();
    bytes_.clear();
}

bool MuxCollector::can_begin_part(std::span<const std::uint8_t> bytes) const {
    if (container_ == Container::mpegts) return true;
    return bytes.size() >= cluster_id.size() &&
           std::equal(cluster_id.begin(), cluster_id.end(), bytes.begin());
}

void MuxCollector::take(GstBuffer* buffer, std::optional<Nanoseconds> time) {
    const MappedBuffer mapped(buffer);
    const auto bytes = mapped.bytes();
    const std::lock_guard lock(mutex_);
    ++taken_;
    changed_.notify_all();
    if (!in_file_ || archive_ == nullptr) return;
    if (can_begin_part(bytes)) {
        if (!begun_) begin_segment();
        if (time && !shift_) shift_ = segments_.front().start - *time;
        if (time) pass_on(*time + *shift_);
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

/// What came so far stands before the first part.
void MuxCollector::begin_segment() {
    NewSegment file = segments_.front().file;
    file.container = container_;
    file.init = to_bytes(std::exchange(bytes_, {}));
    begun_ = true;
    archive_->begin(std::move(file));
}

/// Writes the part in progress, if one that was announced has ended by then.
void MuxCollector::pass_on(Nanoseconds until) {
    Segment& segment = segments_.front();
    auto& parts = segment.parts;
    while (!parts.empty() && (until == to_the_end || parts.front().end <= until + rounding)) {
        announced_end_ = parts.front().end;
        if (!keyframe_) keyframe_ = parts.front().keyframe;
        parts.pop_front();
    }
    if (!keyframe_ || bytes_.empty()) return;
    const Nanoseconds end = until == to_the_end ? announced_end_ : until;
    const std::int64_t end_us = (end - segment.start) / std::chrono::microseconds(1);
    NewPart part;
    part.bytes.push_back(to_bytes(std::exchange(bytes_, {})));
    part.duration_us = std::max(end_us - written_us_, std::int64_t{0});
    part.keyframe = *keyframe_;
    written_us_ += part.duration_us;
    keyframe_.reset();
    archive_->append(std::move(part));
}

void MuxCollector::end_file() {
    const std::lock_guard lock(mutex_);
    if (!in_file_) return;
    if (archive_ != nullptr && begun_) pass_on(to_the_end);
    in_file_ = false;
    segments_.pop_front();
    changed_.notify_all();
}

}  // namespace rill::record
