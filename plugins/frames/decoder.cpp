#include "decoder.hpp"

#include <rill/callback.hpp>
#include <rill/clock.hpp>

#include <gst/app/gstappsink.h>

#include <atomic>
#include <utility>

namespace rill::frames {

namespace {

/// A decoder that is behind by so much goes on at the next keyframe.
constexpr std::size_t most_units = 128;
/// Who catches up for longer never will, and shows what it has.
constexpr std::chrono::seconds longest_catch_up{3};

/// A decoder hands its pictures on as they lie only to who says that he can read that; else it copies them.
GstPadProbeReturn accept_any_rows(GstPad*, GstPadProbeInfo* info, gpointer) {
    GstQuery* const query = GST_PAD_PROBE_INFO_QUERY(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
    return GST_PAD_PROBE_HANDLED;
}

}  // namespace

/// Shared with GStreamer's callbacks, which may outlive the decoder.
struct Decoder::Outlet {
    Outlet(std::shared_ptr<Counters> counters, Events events)
        : counters(std::move(counters)), events(std::move(events)) {}

    const std::shared_ptr<Counters> counters;
    const std::shared_ptr<Arrivals> arrivals = std::make_shared<Arrivals>(running_time() + longest_catch_up);
    Events events;

    std::atomic<std::uint64_t> pictures{0};  ///< whole, damaged or late

    // The streaming thread's.
    Ref<GstCaps> caps;
    GstVideoInfo info{};

    void show(GstSample* sample) {
        ++pictures;
        GstCaps* const now = gst_sample_get_caps(sample);
        if (now != caps.get()) {
            caps = Ref<GstCaps>::retain(now);
            if (now == nullptr || gst_video_info_from_caps(&info, now) == FALSE) return;
        }
        GstBuffer* const buffer = gst_sample_get_buffer(sample);
        if (!GST_BUFFER_PTS_IS_VALID(buffer)) return;
        const Nanoseconds pts(static_cast<std::int64_t>(GST_BUFFER_PTS(buffer)));
        const Arrivals::Departure departure = arrivals->left(pts, running_time());
        counters->not_decoded += departure.lost;
        if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED)) {
            ++counters->not_decoded;
            return;
        }
        ++counters->decoded;
        if (!departure.is_live || !departure.utc_us) return;
        events.picture(Ref<GstBuffer>::retain(buffer), info, *departure.utc_us, pts);
    }
};

Decoder::Decoder(SinkHost& host, std::shared_ptr<Counters> counters, Events events)
    : outlet_(std::make_shared<Outlet>(std::move(counters), std::move(events))),
      pipeline_("frames", host.loop(),
                [outlet = std::weak_ptr(outlet_)](GstMessage* message) {
                    const auto held = outlet.lock();
                    if (!held || GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
                    // A copy: the decoder may go while it is told.
                    const auto failed = held->events.failed;
                    if (failed) failed(error_text(message));
                }),
      watch_(running_time()) {}

Decoder::~Decoder() {
    outlet_->events.failed = nullptr;
    feed_.reset();
    outlet_->counters->decoders = 0;
}

bool Decoder::is_stalled() {
    return watch_.is_stalled(feed_->statistics().delivered, outlet_->pictures, running_time());
}

Result<std::unique_ptr<Decoder>> Decoder::create(SinkHost& host, const Track& track, StartAt start,
                                                 Hardware hardware, std::shared_ptr<Counters> counters,
                                                 Events events) {
    std::unique_ptr<Decoder> decoder(new Decoder(host, std::move(counters), std::move(events)));
    if (auto built = decoder->build(track, hardware); !built) return built.error();
    const auto connect = [&](LinkSpec spec) {
        return noting(host.link(track, std::move(spec)), decoder->outlet_->arrivals);
    };
    LinkSpec bounds;
    bounds.start = start;
    bounds.stand_in = false;  // a picture that says that the camera is away is none of the camera's
    bounds.max_units = most_units;
    decoder->feed_->begin(connect, std::move(bounds));
    Counters& count = *decoder->outlet_->counters;
    count.decoders = 1;
    ++count.starts;
    return decoder;
}

Result<> Decoder::build(const Track& track, Hardware hardware) {
    const auto made = make_decoder(*track.format, hardware);
    if (!made) return made.error();
    GstElement* const decoder = made->get();
    GstElement* const appsrc = pipeline_.make("appsrc");
    pipeline_.add(*made);
    GstElement* const appsink = pipeline_.make("appsink");
    if (appsrc == nullptr || appsink == nullptr ||
        gst_element_link_many(appsrc, decoder, appsink, nullptr) == FALSE)
        return Error{Code::unavailable, "elements are missing; install gstreamer1.0-plugins-base"};
    // Of a live stream libav decodes slices side by side, and cameras make one a picture: more threads would
    // wait.
    use_one_thread(decoder);
    name_ = GST_OBJECT_NAME(gst_element_get_factory(decoder));
    // Damaged units are a camera's daily bread, never the end.
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(decoder), "max-errors") != nullptr)
        g_object_set(decoder, "max-errors", -1, nullptr);
    const auto pictures = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("video/x-raw"));
    g_object_set(appsink, "caps", pictures.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE,
                 nullptr);
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(appsink, "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, accept_any_rows, nullptr, nullptr);

    using Shared = std::shared_ptr<Outlet>;
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* sink, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
        if (sample) kept<Shared>(data)->show(sample.get());
        return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, keep(outlet_), drop<Shared>);
    feed_ = std::make_unique<TrackFeed>(*track.format, appsrc);
    if (!pipeline_.play()) return Error{Code::internal, "the decoder does not start"};
    return ok();
}

}  // namespace rill::frames
