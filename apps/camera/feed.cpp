#include "feed.hpp"

#include "handles.hpp"

namespace rill::camera {
namespace {

// A track that is opened a little after the other one keeps its first keyframe.
constexpr nanoseconds max_late_start = std::chrono::milliseconds(500);
// Up to here late units are sent at once: a busy machine delays them, and loses none. After a longer pause (a
// suspended machine) the loop is joined where it would be now.
constexpr nanoseconds max_lateness = std::chrono::seconds(3);

}  // namespace

Feed::Feed(Kind kind, Ref<GstElement> appsrc, std::shared_ptr<const Switches> switches)
    : kind_(kind), appsrc_(std::move(appsrc)), switches_(std::move(switches)) {}

void Feed::attach(std::function<void()> opened) {
    opened_ = std::move(opened);
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(appsrc_.get(), "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, hold_first_buffer,
                      new std::weak_ptr(weak_from_this()), destroy<std::weak_ptr<Feed>>);

    GstAppSrcCallbacks callbacks{};
    callbacks.need_data = [](GstAppSrc*, guint, gpointer weak) {
        const auto self = static_cast<std::weak_ptr<Feed>*>(weak)->lock();
        if (!self) return;
        {
            const std::lock_guard lock(self->mutex_);
            self->wanted_ = true;
        }
        self->prime();
    };
    gst_app_src_set_callbacks(GST_APP_SRC(appsrc_.get()), &callbacks, new std::weak_ptr(weak_from_this()),
                              destroy<std::weak_ptr<Feed>>);
}

void Feed::set_caps(Ref<GstCaps> caps) {
    gst_app_src_set_caps(GST_APP_SRC(appsrc_.get()), caps.get());
    {
        const std::lock_guard lock(mutex_);
        caps_ = std::move(caps);
    }
    prime();
}

/// An empty buffer makes the appsrc send its caps and segment down. It never gets further than its pad.
void Feed::prime() {
    {
        const std::lock_guard lock(mutex_);
        if (!wanted_ || !caps_ || primed_) return;
        primed_ = true;
    }
    gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), gst_buffer_new());
}

/// The server holds a track at its first data until a client plays. A picture held there would be old when it
/// is let go, so a gap event stands in for it: when that gets through, somebody plays.
GstPadProbeReturn Feed::hold_first_buffer(GstPad* pad, GstPadProbeInfo*, gpointer weak) {
    const auto self = static_cast<std::weak_ptr<Feed>*>(weak)->lock();
    if (!self) return GST_PAD_PROBE_DROP;
    if (self->open_) return GST_PAD_PROBE_OK;
    if (gst_pad_push_event(pad, gst_event_new_gap(0, GST_CLOCK_TIME_NONE)) == FALSE)
        return GST_PAD_PROBE_DROP;
    self->open_ = true;
    self->opened_();
    return GST_PAD_PROBE_DROP;
}

void Feed::play_live(nanoseconds base) {
    const std::lock_guard lock(mutex_);
    base_ = base;
}

void Feed::play(Pacer& pacer, LoopRef loop, nanoseconds origin, nanoseconds base) {
    nanoseconds first{};
    {
        const std::lock_guard lock(mutex_);
        base_ = base;
        loop_ = std::move(loop);
        turn_start_ = origin;
        index_ = 0;
        skip_to(monotonic_now(), kind_ == Kind::video ? max_late_start : loop_->unit_duration);
        first = due();
    }
    pacer.add(weak_from_this(), first);
}

void Feed::replace(LoopRef loop) {
    const std::lock_guard lock(mutex_);
    next_loop_ = std::move(loop);
}

std::optional<nanoseconds> Feed::send_due(nanoseconds now) {
    std::unique_lock lock(mutex_);
    skip_to(now, max_lateness);
    while (due() <= now) {
        if (next_loop_ && loop_->units[index_].keyframe) go_over();
        const LoopRef loop = loop_;
        const Unit& unit = loop->units[index_];
        const nanoseconds running_time = turn_start_ + unit.pts - *base_;
        const bool dropped = running_time < nanoseconds(0) || suppressed(unit.keyframe);
        advance();
        lock.unlock();
        if (!dropped) push(unit.data.get(), running_time);
        lock.lock();
    }
    return due();
}

void Feed::send(const GstSample& sample, nanoseconds pts) {
    auto* mutable_sample = const_cast<GstSample*>(&sample);  // its getters are not const
    GstBuffer* buffer = gst_sample_get_buffer(mutable_sample);
    const bool keyframe = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) == FALSE;
    bool dropped = false;
    bool new_caps = false;
    nanoseconds running_time{};
    GstCaps* caps = gst_sample_get_caps(mutable_sample);
    {
        const std::lock_guard lock(mutex_);
        dropped = !base_ || suppressed(keyframe);
        // The first picture may have been captured just before somebody played.
        if (!dropped) running_time = std::max(pts - *base_, nanoseconds(0));
        new_caps = !caps_ || gst_caps_is_equal(caps_.get(), caps) == FALSE;
    }
    if (new_caps) set_caps(Ref<GstCaps>::retain(caps));
    if (!dropped) push(buffer, running_time);
}

void Feed::push(GstBuffer* shared, nanoseconds running_time) {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(shared));  // a new header around the same memory
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(running_time.count());
    GST_BUFFER_DTS(buffer.get()) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), buffer.leak());
}

/// After a pause a stream goes on at a keyframe, as an encoder does that starts again.
bool Feed::suppressed(bool keyframe) {
    if (switches_->frozen || (kind_ == Kind::audio && switches_->silent_audio)) {
        needs_keyframe_ = true;
        return true;
    }
    if (needs_keyframe_ && !keyframe) return true;
    needs_keyframe_ = false;
    return false;
}

nanoseconds Feed::due() const {
    return turn_start_ + loop_->unit_duration * static_cast<std::int64_t>(index_) + loop_->delay;
}

void Feed::advance() {
    if (++index_ < loop_->units.size()) return;
    index_ = 0;
    turn_start_ += loop_->duration();
}

void Feed::skip_to(nanoseconds now, nanoseconds tolerance) {
    if (now - due() < tolerance) return;
    if (now > turn_start_) turn_start_ += (now - turn_start_) / loop_->duration() * loop_->duration();
    for (; due() + loop_->unit_duration <= now; advance())
        needs_keyframe_ = true;
}

void Feed::go_over() {
    turn_start_ += loop_->unit_duration * static_cast<std::int64_t>(index_);
    loop_ = std::exchange(next_loop_, nullptr);
    index_ = 0;
    caps_ = loop_->caps;
    gst_app_src_set_caps(GST_APP_SRC(appsrc_.get()), loop_->caps.get());
}

}  // namespace rill::camera
