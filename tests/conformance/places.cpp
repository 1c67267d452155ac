#include "places.hpp"

#include "camera_process.hpp"
#include "catch.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>
#include <gst/gst.h>

namespace rill::test {

namespace {

/// Keyframes come often, so that nobody waits for one.
const std::string& camera_url() {
    static const CameraProcess camera({"cam1:size=160x120,fps=25,gop=5,bitrate=100k,audio=aac"});
    REQUIRE_FALSE(camera.url().empty());
    return camera.url();
}

/// One second of picture and sound.
class Clip {
  public:
    Clip() {
        const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(
            fmt::format(
                "videotestsrc num-buffers=25 ! video/x-raw,width=160,height=120,framerate=25/1 ! x264enc "
                "speed-preset=ultrafast key-int-max=5 ! h264parse ! queue ! mp4mux name=mux ! "
                "filesink location={} audiotestsrc num-buffers=47 samplesperbuffer=1024 ! "
                "audio/x-raw,rate=48000 ! voaacenc ! aacparse ! queue ! mux.",
                path())
                .c_str(),
            nullptr));
        REQUIRE(pipeline);
        gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
        const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
        const auto end = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
            bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
        const bool good = end && GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_EOS;
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        REQUIRE(good);
    }

    std::string path() const { return folder_.path() / "clip.mp4"; }

  private:
    TemporaryFolder folder_;
};

}  // namespace

std::string reachable(const std::string& url) {
    if (url.starts_with("rtsp://") && url.find("192.0.2.") != std::string::npos) return camera_url();
    if (url.starts_with("file:///srv/rill/")) {
        static const Clip clip;
        return "file://" + clip.path();
    }
    return url;
}

}  // namespace rill::test
