#include "live_encoder.hpp"

#include "encode.hpp"
#include "raw_picture.hpp"
#include "tone.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gst/video/video.h>

namespace rill::camera {
namespace {

constexpr guint64 max_raw_buffers = 2;

Scene scene_at(std::int64_t utc_ms, std::int64_t frame, const VideoSpec& video) {
    Scene scene;
    scene.frame = frame;
    scene.frames_per_second = video.fps;
    scene.flash = utc_ms % 1000 < beep_milliseconds;
    scene.strip = static_cast<std::uint32_t>(utc_ms);
    scene.headline = fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}",
                                 fmt::gmtime(static_cast<std::time_t>(utc_ms / 1000)), utc_ms % 1000);
    scene.caption = fmt::format("UTC {} LIVE", caption(video));
    return scene;
}

}  // namespace

Result<std::unique_ptr<LiveEncoder>> LiveEncoder::start(const VideoSpec& video, std::shared_ptr<Feed> feed) {
    const auto encoder = video_encoder(video, true);
    if (!encoder) return encoder.error();
    const std::string description = fmt::format(
        "appsrc name=input is-live=true format=time max-buffers={} leaky-type=downstream caps=\"{}\" ! {} ! "
        "appsink name=output sync=false",
        max_raw_buffers, raw_video_caps(video), *encoder);
    Owned<GError> error;
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(description.c_str(), out(error)));
    if (error) return Error{Code::unavailable, fmt::format("cannot encode live: {}", error->message)};
    return std::unique_ptr<LiveEncoder>(new LiveEncoder(std::move(pipeline), video, std::move(feed)));
}

LiveEncoder::LiveEncoder(Ref<GstElement> pipeline, const VideoSpec& video, std::shared_ptr<Feed> feed)
    : pipeline_(std::move(pipeline)),
      input_(Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "input"))),
      output_(Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "output"))),
      feed_(std::move(feed)),
      video_(video) {
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = encoded;
    gst_app_sink_set_callbacks(GST_APP_SINK(output_.get()), &callbacks, this, nullptr);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    capture_ = std::jthread([this](const std::stop_token& stop) { capture(stop); });
    pthread_setname_np(capture_.native_handle(), "capture");
}

LiveEncoder::~LiveEncoder() {
    capture_.request_stop();
    capture_.join();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void LiveEncoder::request_keyframe() {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(output_.get(), "sink"));
    gst_pad_push_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void LiveEncoder::resize(int width, int height) {
    const std::lock_guard lock(mutex_);
    video_.width = width;
    video_.height = height;
}

/// The encoders keep the buffers' running time, even those that shift their timestamps.
GstFlowReturn LiveEncoder::encoded(GstAppSink* sink, gpointer self) {
    const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
    if (!sample) return GST_FLOW_EOS;
    const GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    const GstClockTime time = gst_segment_to_running_time(gst_sample_get_segment(sample.get()),
                                                          GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    static_cast<LiveEncoder*>(self)->feed_->send(*sample.get(), nanoseconds(static_cast<std::int64_t>(time)));
    return GST_FLOW_OK;
}

void LiveEncoder::capture(const std::stop_token& stop) {
    VideoSpec painted;
    std::optional<Painter> painter;
    nanoseconds due = monotonic_now();
    for (std::int64_t frame = 0; !stop.stop_requested(); ++frame) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, stop, std::chrono::steady_clock::time_point(due), [] { return false; });
        const VideoSpec video = video_;
        lock.unlock();

        if (!painter || video != painted) {
            painter.emplace(video.width, video.height);
            const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(raw_video_caps(video).c_str()));
            gst_app_src_set_caps(GST_APP_SRC(input_.get()), caps.get());
            painted = video;
        }
        const nanoseconds duration = nanoseconds(std::chrono::seconds(1)) / video.fps;
        const nanoseconds captured = monotonic_now();
        auto buffer = raw_picture(*painter, scene_at(g_get_real_time() / 1000, frame, video), video);
        GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(captured.count());
        GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(duration.count());
        gst_app_src_push_buffer(GST_APP_SRC(input_.get()), buffer.leak());
        due = std::max(due + duration, monotonic_now());
    }
}

}  // namespace rill::camera
