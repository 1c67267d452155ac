#include <rill/callback.hpp>
#include <rill/media/formats.hpp>
#include <rill/track_feed.hpp>

#include <gst/app/gstappsrc.h>

#include <mutex>

namespace rill {

namespace {

constexpr guint64 appsrc_buffers = 32;

Ref<GstBuffer> stamped(const AccessUnit& unit) {
    // Shares the memory, owns the metadata.
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(unit.buffer.get()));
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(unit.pts.count());
    GST_BUFFER_DTS(buffer.get()) = static_cast<GstClockTime>(unit.dts.count());
    GST_BUFFER_DURATION(buffer.get()) =
        unit.duration.count() > 0 ? static_cast<GstClockTime>(unit.duration.count()) : GST_CLOCK_TIME_NONE;
    GST_BUFFER_FLAG_UNSET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DISCONT);
    if (!unit.keyframe) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    if (unit.discontinuity) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
    return buffer;
}

}  // namespace

/// Shared with the callbacks of link and appsrc.
struct TrackFeed::State {
    Ref<GstElement> appsrc;
    Codec codec;
    std::unique_ptr<Link> link;            // set before the first pump that matters
    std::shared_ptr<const Format> format;  // pump only
    std::mutex mutex;
    bool pumping = false;     // locked: mutex
    bool pump_again = false;  // locked: mutex
    bool closed = false;      // locked: mutex

    void pump() {
        {
            const std::lock_guard lock(mutex);
            pump_again = true;
            if (pumping || closed || !link) return;
            pumping = true;
        }
        // Two threads want to pump: the producer's and the appsrc's. One does, for both.
        while (true) {
            {
                const std::lock_guard lock(mutex);
                if (!pump_again || closed) {
                    pumping = false;
                    return;
                }
                pump_again = false;
            }
            move_units();
        }
    }

    void move_units() {
        auto* source = GST_APP_SRC(appsrc.get());
        while (gst_app_src_get_current_level_buffers(source) < appsrc_buffers) {
            const UnitPtr unit = link->take();
            if (!unit) return;
            if (unit->format->codec != codec) continue;
            if (unit->format != format) {
                format = unit->format;
                gst_app_src_set_caps(source, caps_from_format(*format).get());
            }
            gst_app_src_push_buffer(source, stamped(*unit).leak());
        }
    }
};

TrackFeed::TrackFeed(const Format& format, GstElement* appsrc) : state_(std::make_shared<State>()) {
    state_->appsrc = Ref<GstElement>::retain(appsrc);
    state_->codec = format.codec;
    g_object_set(appsrc, "format", GST_FORMAT_TIME, "is-live", TRUE, "max-buffers", appsrc_buffers,
                 "max-bytes", static_cast<guint64>(0), "handle-segment-change", FALSE, nullptr);
    GstAppSrcCallbacks callbacks{};
    callbacks.need_data = [](GstAppSrc*, guint, gpointer data) {
        // Of its own, so that the state's end is ordered by its count, not only by a lock within appsrc.
        const auto state = kept<std::shared_ptr<State>>(data);
        state->pump();
    };
    gst_app_src_set_callbacks(GST_APP_SRC(appsrc), &callbacks, keep(state_), drop<std::shared_ptr<State>>);
    gst_app_src_set_caps(GST_APP_SRC(appsrc), caps_from_format(format).get());
}

void TrackFeed::begin(const Connect& connect, LinkSpec bounds) {
    bounds.ready = [weak = std::weak_ptr<State>(state_)] {
        if (const auto state = weak.lock()) state->pump();
    };
    auto link = connect(std::move(bounds));
    {
        const std::lock_guard lock(state_->mutex);
        state_->link = std::move(link);
    }
    state_->pump();
}

LinkStatistics TrackFeed::statistics() const {
    const std::lock_guard lock(state_->mutex);
    return state_->link ? state_->link->statistics() : LinkStatistics();
}

TrackFeed::~TrackFeed() {
    std::unique_ptr<Link> link;
    {
        const std::lock_guard lock(state_->mutex);
        state_->closed = true;
        // A pump that is running still uses the link; it goes with the state then.
        if (!state_->pumping) link = std::move(state_->link);
    }
    // The callbacks hold the state, and the state holds the appsrc.
    GstAppSrcCallbacks none{};
    gst_app_src_set_callbacks(GST_APP_SRC(state_->appsrc.get()), &none, nullptr, nullptr);
}

}  // namespace rill
