#include "stream.hpp"

#include <rill/clock.hpp>
#include <rill/media/formats.hpp>

#include <algorithm>

namespace rill {

/// The consumer's end: destroying it takes the queue out of the stream.
class Stream::StreamLink final : public Link {
  public:
    StreamLink(std::shared_ptr<Stream> stream, std::size_t track, std::shared_ptr<LinkQueue> queue)
        : stream_(std::move(stream)), track_(track), queue_(std::move(queue)) {}
    ~StreamLink() override {
        queue_->close();
        stream_->unlink(track_, queue_);
    }
    UnitPtr take() override { return queue_->take(); }
    LinkStatistics statistics() const override { return queue_->statistics(); }

  private:
    std::shared_ptr<Stream> stream_;
    std::size_t track_;
    std::shared_ptr<LinkQueue> queue_;
};

Stream::Stream(GopCache::Bounds bounds, History history) : cache_(bounds, history) {}

std::uint64_t Stream::begin_source() {
    const std::lock_guard lock(mutex_);
    ++source_;
    has_source_ = true;
    for (Slot& slot : slots_) {
        slot.gap = slot.format != nullptr;
        slot.arrival = Nanoseconds(0);
    }
    // The cached GOP stays until the next keyframe: a viewer who comes during an outage sees the last
    // picture.
    return source_;
}

std::size_t Stream::claim(std::uint64_t source, Kind kind) {
    const std::lock_guard lock(mutex_);
    const auto is_free = [&](const Slot& slot) { return slot.kind == kind && slot.claimed_by != source; };
    auto slot = std::find_if(slots_.begin(), slots_.end(), is_free);
    if (slot == slots_.end()) slot = slots_.emplace(slots_.end(), kind);
    slot->claimed_by = source;
    return static_cast<std::size_t>(slot - slots_.begin());
}

bool Stream::push(std::uint64_t source, std::size_t track, RawUnit raw) {
    const Nanoseconds now = running_time();
    const bool disposable =
        raw.format->kind == Kind::video && is_disposable(*raw.format, MappedBuffer(raw.buffer.get()).bytes());
    UnitPtr unit;
    std::shared_ptr<const Queues> queues;
    {
        const std::lock_guard lock(mutex_);
        if (source != source_ || !has_source_) return false;
        Slot& slot = slots_[track];
        slot.arrival = now;
        // Deltas that refer to a picture before the outage would only smear: a gap ends with a keyframe.
        if (slot.gap && !raw.keyframe) return true;
        const auto times = repair_.repair(track, raw.pts, raw.dts, now);
        const std::size_t size = gst_buffer_get_size(raw.buffer.get());

        auto made = std::make_shared<AccessUnit>();
        made->format = std::move(raw.format);
        made->buffer = std::move(raw.buffer);
        made->dts = times.dts;
        made->pts = times.pts;
        made->duration = raw.duration;
        made->utc_us =
            utc_now_us() - std::chrono::duration_cast<std::chrono::microseconds>(now - times.pts).count();
        made->sequence = ++slot.sequence;
        made->keyframe = raw.keyframe;
        made->discontinuity = raw.discontinuity || times.jumped || slot.gap;
        made->disposable = disposable;
        unit = std::move(made);

        slot.gap = false;
        slot.newest = unit->dts;
        slot.format = unit->format;
        slot.filled_by = source;
        slot.status.format = unit->format;
        ++slot.status.units;
        slot.status.bytes += size;
        if (unit->discontinuity) ++slot.status.discontinuities;
        bytes_ += size;
        cache_.add(track, unit);
        queues = slot.queues;
    }
    for (const auto& queue : *queues)
        queue->push(unit);
    return true;
}

std::vector<Track> Stream::tracks() const {
    const std::lock_guard lock(mutex_);
    std::vector<Track> out;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].filled_by == source_ && slots_[i].format) out.push_back({i, slots_[i].format});
    }
    // Slots are in the order in which pads came; people and players expect the picture first.
    std::stable_partition(out.begin(), out.end(),
                          [](const Track& track) { return track.format->kind == Kind::video; });
    return out;
}

std::unique_ptr<Link> Stream::link(std::size_t track, LinkSpec spec) {
    const StartAt start = spec.start;
    const auto since = spec.since;
    auto queue = std::make_shared<LinkQueue>(std::move(spec));
    {
        const std::lock_guard lock(mutex_);
        if (start == StartAt::cached_keyframe)
            queue->prefill(since ? cache_.units_since(track, *since) : cache_.units(track));
        Slot& slot = slots_.at(track);
        auto queues = std::make_shared<Queues>(*slot.queues);
        queues->push_back(queue);
        slot.queues = std::move(queues);
    }
    auto link = std::make_unique<StreamLink>(shared_from_this(), track, queue);
    queue->begin();
    return link;
}

Nanoseconds Stream::newest(std::size_t track) const {
    const std::lock_guard lock(mutex_);
    return track < slots_.size() ? slots_[track].newest : Nanoseconds(0);
}

void Stream::unlink(std::size_t track, const std::shared_ptr<LinkQueue>& queue) {
    const std::uint64_t dropped = queue->statistics().dropped;
    const std::lock_guard lock(mutex_);
    dropped_ += dropped;
    Slot& slot = slots_[track];
    auto queues = std::make_shared<Queues>(*slot.queues);
    std::erase(*queues, queue);
    slot.queues = std::move(queues);
}

void Stream::end_source() {
    const std::lock_guard lock(mutex_);
    has_source_ = false;
    cache_.clear();
}

std::int64_t Stream::kept_from(std::optional<Nanoseconds> since) const {
    const std::lock_guard lock(mutex_);
    const UnitPtr first = since ? cache_.first_since(*since) : cache_.first();
    return first ? first->utc_us : 0;
}

Stream::Counters Stream::counters() const {
    Counters out;
    std::vector<std::shared_ptr<const Queues>> all;
    {
        const std::lock_guard lock(mutex_);
        out.bytes = bytes_;
        out.dropped = dropped_;
        for (const Slot& slot : slots_) {
            if (slot.filled_by == source_ && slot.format) out.tracks.push_back(slot.status);
            all.push_back(slot.queues);
        }
    }
    std::stable_partition(out.tracks.begin(), out.tracks.end(),
                          [](const TrackStatus& track) { return track.format->kind == Kind::video; });
    for (const auto& queues : all) {
        for (const auto& queue : *queues)
            out.dropped += queue->statistics().dropped;
    }
    return out;
}

Nanoseconds Stream::last_arrival() const {
    const std::lock_guard lock(mutex_);
    Nanoseconds video{0};
    Nanoseconds any{0};
    bool has_video = false;
    for (const Slot& slot : slots_) {
        if (slot.claimed_by != source_) continue;
        any = std::max(any, slot.arrival);
        if (slot.kind != Kind::video) continue;
        has_video = true;
        video = std::max(video, slot.arrival);
    }
    return has_video ? video : any;
}

}  // namespace rill
