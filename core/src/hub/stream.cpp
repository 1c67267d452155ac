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

std::uint64_t Stream::begin_source(Filler filler) {
    const std::lock_guard lock(mutex_);
    const Input* const current = find(source_);
    const bool waits = filler == Filler::source && current != nullptr && current->filler == Filler::stand_in;
    std::erase_if(inputs_, [filler](const Input& input) { return input.filler == filler; });
    inputs_.push_back({.number = ++newest_source_, .filler = filler});
    if (!waits) make_current(newest_source_);
    return newest_source_;
}

Stream::Input* Stream::find(std::uint64_t source) {
    const auto found = std::ranges::find(inputs_, source, &Input::number);
    return found == inputs_.end() ? nullptr : &*found;
}

void Stream::make_current(std::uint64_t source) {
    source_ = source;
    for (Slot& slot : slots_)
        slot.gap = slot.format != nullptr;
    // The cached GOP stays until the next keyframe: a viewer who comes during an outage sees the last
    // picture.
}

std::size_t Stream::claim(std::uint64_t source, Kind kind) {
    const std::lock_guard lock(mutex_);
    Input* const input = find(source);
    const auto is_free = [&](std::size_t at) {
        return slots_[at].kind == kind &&
               (input == nullptr || std::ranges::find(input->tracks, at) == input->tracks.end());
    };
    std::size_t at = 0;
    while (at < slots_.size() && !is_free(at))
        ++at;
    if (at == slots_.size()) slots_.emplace_back(kind);
    if (input != nullptr) {
        input->tracks.push_back(at);
        input->has_video |= kind == Kind::video;
    }
    return at;
}

/// The camera is back when there is a picture to go on with.
bool Stream::takes_over(const Input& input, const Slot& slot, const RawUnit& unit) const {
    return input.filler == Filler::source && unit.keyframe && (slot.kind == Kind::video || !input.has_video);
}

void Stream::expect_order(std::size_t track, const Format& format) {
    const auto frames = reorder_frames(format);
    if (!frames) return;
    constexpr double common_frame_rate = 25;
    const double frame_rate = format.frame_rate > 0 ? format.frame_rate : common_frame_rate;
    repair_.expect_reordering(track, *frames, Nanoseconds(static_cast<std::int64_t>(1e9 / frame_rate)));
}

Stream::Pushed Stream::push(std::uint64_t source, std::size_t track, RawUnit raw) {
    const Nanoseconds now = running_time();
    const bool disposable =
        raw.format->kind == Kind::video && is_disposable(*raw.format, MappedBuffer(raw.buffer.get()).bytes());
    UnitPtr unit;
    std::shared_ptr<const Queues> queues;
    {
        const std::lock_guard lock(mutex_);
        Input* const input = find(source);
        if (input == nullptr) return Pushed::ended;
        Slot& slot = slots_[track];
        if (slot.kind == Kind::video || !input->has_video) input->arrival = now;
        if (source != source_) {
            if (!takes_over(*input, slot, raw)) return Pushed::left_out;
            make_current(source);
        }
        // Deltas that refer to a picture before the outage would only smear: a gap ends with a keyframe.
        if (slot.gap && !raw.keyframe) return Pushed::left_out;
        const bool stand_in = input->filler == Filler::stand_in;
        if (raw.format != slot.format) expect_order(track, *raw.format);
        const auto times = repair_.repair(track, raw.pts, raw.dts, now);
        const std::size_t size = gst_buffer_get_size(raw.buffer.get());

        auto made = std::make_shared<AccessUnit>();
        made->format = std::move(raw.format);
        made->buffer = std::move(raw.buffer);
        made->dts = times.dts;
        made->pts = times.pts;
        made->duration = raw.duration;
        made->arrival = now;
        made->utc_us =
            utc_now_us() - std::chrono::duration_cast<std::chrono::microseconds>(now - times.pts).count();
        made->sequence = ++slot.sequence;
        made->keyframe = raw.keyframe;
        made->discontinuity = raw.discontinuity || times.jumped || slot.gap;
        made->stand_in = stand_in;
        made->disposable = disposable;
        unit = std::move(made);

        slot.gap = false;
        slot.newest = unit->dts;
        slot.format = unit->format;
        slot.filled_by = source;
        slot.status.format = unit->format;
        if (!stand_in) {
            ++slot.status.units;
            slot.status.bytes += size;
            if (unit->discontinuity) ++slot.status.discontinuities;
            bytes_ += size;
        }
        cache_.add(track, unit);
        queues = slot.queues;
    }
    for (const auto& queue : *queues)
        queue->push(unit);
    return Pushed::taken;
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

void Stream::end_source(std::uint64_t source) {
    const std::lock_guard lock(mutex_);
    std::erase_if(inputs_, [source](const Input& input) { return input.number == source; });
}

void Stream::end() {
    const std::lock_guard lock(mutex_);
    inputs_.clear();
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

Nanoseconds Stream::last_arrival(std::uint64_t source) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(inputs_, source, &Input::number);
    return found == inputs_.end() ? Nanoseconds(0) : found->arrival;
}

}  // namespace rill
