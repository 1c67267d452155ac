#include "feed.hpp"

#include <rill/clock.hpp>

#include <algorithm>

namespace rill::webrtc {

namespace {

/// Minimum and maximum delay of 0: the viewer shows a picture as soon as it is decoded.
std::vector<std::uint8_t> no_playout_delay(unsigned id) {
    if (id == 0) return {};
    return {static_cast<std::uint8_t>(id << 4 | 2), 0, 0, 0};
}

constexpr std::size_t max_before_start = 512;
/// Of a recording, pictures that no other refers to are left out when so much waits.
constexpr std::size_t many_queued_bytes = 512u << 10;

}  // namespace

Feed::Feed(std::shared_ptr<Transport> transport, std::size_t stream, const OutgoingStream& outgoing,
           unsigned playout_delay_id, ReaderPtr reader)
    : stream_(stream),
      clock_rate_(outgoing.choice.codec.clock_rate),
      timestamp_offset_(g_random_int()),
      extension_(no_playout_delay(playout_delay_id)),
      reader_(std::move(reader)),
      transport_(std::move(transport)),
      header_{outgoing.choice.codec.payload_type, outgoing.ssrc, static_cast<std::uint16_t>(g_random_int())} {
}

void Feed::start(std::span<const rtp::PayloadPtr> cached, Nanoseconds transit) {
    const std::lock_guard lock(mutex_);
    if (!transport_) return;
    state_ = State::live;
    needs_keyframe_ = true;
    live_from_ = last_media_time_;
    if (!cached.empty()) {
        needs_keyframe_ = false;
        catch_up_.emplace(running_time(), transit, last_media_time_);
        burst_bytes_ = 0;
        for (const auto& payload : cached)
            burst_bytes_ += payload->bytes;
        for (const auto& payload : cached)
            send(*payload);
    }
    // What is in both was sent already.
    const std::uint64_t sent = cached.empty() ? 0 : cached.back()->unit->sequence;
    for (const auto& payload : std::exchange(before_start_, {})) {
        if (payload->unit->sequence > sent) send(*payload);
    }
}

void Feed::push(const rtp::PayloadPtr& payload, const Fanout* from) {
    const std::lock_guard lock(mutex_);
    if (!transport_ || from != from_ || state_ == State::playing) return;
    if (state_ == State::live) return send(*payload);
    before_start_.push_back(payload);
    if (before_start_.size() > max_before_start) before_start_.pop_front();
}

void Feed::hold(const Fanout* from) {
    const std::lock_guard lock(mutex_);
    from_ = from;
    state_ = State::joining;
    before_start_.clear();
}

void Feed::leave() {
    const std::lock_guard lock(mutex_);
    state_ = State::playing;
    before_start_.clear();
    catch_up_.reset();
    burst_bytes_ = 0;
    needs_keyframe_ = true;
    live_us_ = 0;
}

void Feed::play(const rtp::Payload& payload, Nanoseconds media_time, Nanoseconds at) {
    const std::lock_guard lock(mutex_);
    if (!transport_ || state_ != State::playing || payload.slices.empty()) return;
    const bool may_go = payload.unit->disposable && transport_->queued_bytes(stream_) > many_queued_bytes;
    if (is_behind(payload) || may_go) {
        ++reader_->units_dropped;
        return;
    }
    send_at(payload, std::max(media_time, last_media_time_ + CatchUp::smallest_step), at, true);
}

void Feed::close() {
    const std::lock_guard lock(mutex_);
    transport_.reset();
    before_start_.clear();
}

bool Feed::catching_up() const {
    const std::lock_guard lock(mutex_);
    return catch_up_.has_value();
}

std::int64_t Feed::live_us() const {
    const std::lock_guard lock(mutex_);
    return live_us_;
}

void Feed::send(const rtp::Payload& payload) {
    if (is_behind(payload)) {
        const bool is_loss = last_media_time_ >= Nanoseconds(0);
        if (is_loss) ++reader_->units_dropped;
        return;
    }
    if (payload.slices.empty()) return;
    const Nanoseconds pts = payload.unit->pts;
    live_us_ = payload.unit->utc_us;
    if (!catch_up_) {
        // Sound that would overlap what was played before it went live.
        if (pts <= live_from_ && payload.unit->format->kind == Kind::audio) return;
        // A rendition that has just begun starts before what was shown of the camera's own.
        if (pts <= live_from_) live_from_ += CatchUp::smallest_step;
        send_at(payload, std::max(pts, live_from_), pts, false);
        return;
    }
    const auto place = catch_up_->place(pts, payload.bytes, running_time());
    send_at(payload, place.media_time, place.send_at, true);
    if (catch_up_->done()) catch_up_.reset();
}

void Feed::send_at(const rtp::Payload& payload, Nanoseconds media_time, Nanoseconds at, bool paced) {
    last_media_time_ = media_time;
    const std::uint32_t timestamp = timestamp_offset_ + rtp::to_ticks(media_time, clock_rate_);
    std::vector<Ref<GstBuffer>> packets;
    packets.reserve(payload.slices.size());
    std::size_t bytes = 0;
    for (const rtp::Slice& slice : payload.slices) {
        auto packet = rtp::make_packet(header_, slice, timestamp + slice.ticks, extension_);
        const Nanoseconds after = paced ? CatchUp::time_to_send(bytes) : Nanoseconds(0);
        GST_BUFFER_PTS(packet.get()) = static_cast<GstClockTime>((at + after).count());
        bytes += gst_buffer_get_size(packet.get());
        packets.push_back(std::move(packet));
    }
    reader_->bytes_sent += bytes;
    transport_->send(stream_, std::move(packets));
}

bool Feed::is_behind(const rtp::Payload& payload) {
    const std::size_t queued = transport_->queued_bytes(stream_);
    if (queued == 0) burst_bytes_ = 0;
    if (queued > max_queued_bytes + burst_bytes_)
        needs_keyframe_ = true;
    else if (payload.unit->keyframe)
        needs_keyframe_ = false;
    return needs_keyframe_;
}

}  // namespace rill::webrtc
