#include "broadcast.hpp"

#include "rtp_clock.hpp"

#include <fmt/format.h>

namespace rill::camera {
namespace {

// The queue of an appsrc fills up when the server takes no data, as between PAUSE and PLAY, and when what was
// delayed by a busy machine is sent at once: it holds more than a feed catches up with.
constexpr const char* source_options =
    "is-live=true format=time leaky-type=downstream max-bytes=0 max-time=4000000000";

std::string_view payloader(VideoCodec codec) {
    switch (codec) {
        case VideoCodec::h264:
            return "rtph264pay pt=96 config-interval=-1";
        case VideoCodec::h265:
            return "rtph265pay pt=96 config-interval=-1";
        case VideoCodec::mjpeg:
            return "rtpjpegpay pt=26";
    }
    return "";
}

std::string_view payloader(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::none:
            return "";
        case AudioCodec::aac:
            return "rtpmp4gpay pt=97";
        case AudioCodec::pcmu:
            return "rtppcmupay pt=0";
        case AudioCodec::pcma:
            return "rtppcmapay pt=8";
        case AudioCodec::opus:
            return "rtpopuspay pt=97";
        case AudioCodec::lpcm:
            return "rtpL16pay pt=97";
        case AudioCodec::g722:
            return "rtpg722pay pt=9";
    }
    return "";
}

Ref<GstElement> element(GstBin* bin, const char* name) {
    return Ref<GstElement>::adopt(gst_bin_get_by_name(bin, name));
}

/// A bin hands its base time down when it begins to play. Those of its elements that play already keep the
/// old one, and rtpbin would send sender reports on it for good.
void set_base_time(GstObject* pipeline, GstClockTime time) {
    gst_element_set_base_time(GST_ELEMENT(pipeline), time);
    GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
    const auto set = [](const GValue* element, gpointer base_time) {
        gst_element_set_base_time(GST_ELEMENT(g_value_get_object(element)),
                                  *static_cast<const GstClockTime*>(base_time));
    };
    while (gst_iterator_foreach(elements, set, &time) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(elements);
    gst_iterator_free(elements);
}

}  // namespace

std::string Broadcast::elements(const CameraSpec& camera) {
    std::string text =
        fmt::format("appsrc name=video {} ! {} name=pay0", source_options, payloader(camera.video.codec));
    if (camera.audio.codec != AudioCodec::none)
        text += fmt::format("  appsrc name=audio {} ! {} name=pay1", source_options,
                            payloader(camera.audio.codec));
    return text;
}

Result<std::shared_ptr<Broadcast>> Broadcast::start(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                                                    Pacer& pacer,
                                                    const std::shared_ptr<const Switches>& switches) {
    const std::shared_ptr<Broadcast> broadcast(new Broadcast(pacer));
    if (auto video = broadcast->start_video(camera, bin, loops, switches); !video) return video.error();
    if (camera.audio.codec == AudioCodec::none) return broadcast;
    if (auto audio = broadcast->start_audio(camera, bin, loops, switches); !audio) return audio.error();
    return broadcast;
}

Result<> Broadcast::start_video(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                                const std::shared_ptr<const Switches>& switches) {
    let_rtp_clock_jump(element(bin, "pay0").get(), switches);
    video_source_ = element(bin, "video");
    video_ = std::make_shared<Feed>(Kind::video, video_source_, switches);
    video_->attach([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->opened(Kind::video);
    });
    if (camera.clock) {
        auto encoder = LiveEncoder::start(camera.video, video_);
        if (!encoder) return encoder.error();
        encoder_ = *std::move(encoder);
        return ok();
    }
    auto loop = loops.get(camera.video);
    if (!loop) return loop.error();
    video_loop_ = *loop;
    video_->set_caps(video_loop_->caps);
    return ok();
}

Result<> Broadcast::start_audio(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                                const std::shared_ptr<const Switches>& switches) {
    let_rtp_clock_jump(element(bin, "pay1").get(), switches);
    audio_source_ = element(bin, "audio");
    audio_ = std::make_shared<Feed>(Kind::audio, audio_source_, switches);
    audio_->attach([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->opened(Kind::audio);
    });
    auto loop = loops.get(camera.audio);
    if (!loop) return loop.error();
    audio_loop_ = *loop;
    audio_->set_caps(audio_loop_->caps);
    return ok();
}

void Broadcast::opened(Kind kind) {
    const nanoseconds base = base_time(kind == Kind::video ? video_source_.get() : audio_source_.get());
    if (kind == Kind::audio) return audio_->play(pacer_, audio_loop_, audio_origin(base), base);
    if (encoder_) {
        video_->play_live(base);
        return encoder_->request_keyframe();
    }
    const std::lock_guard lock(mutex_);
    video_->play(pacer_, video_loop_, base, base);
}

/// The running time begins when the first track is played. Then the first RTP timestamp is the payloader's
/// offset, which the server has just told the client in RTP-Info.
nanoseconds Broadcast::base_time(GstElement* source) {
    const std::lock_guard lock(mutex_);
    if (!base_) {
        base_ = monotonic_now();
        const auto bin = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(source)));
        const auto pipeline = Ref<GstObject>::adopt(gst_object_get_parent(bin.get()));
        set_base_time(pipeline.get(), static_cast<GstClockTime>(base_->count()));
    }
    return *base_;
}

/// The beep goes with the flash: of a loop from its start, of a live picture at each second of UTC.
nanoseconds Broadcast::audio_origin(nanoseconds base) const {
    if (!encoder_) return base;
    return monotonic_now() - std::chrono::microseconds(g_get_real_time() % G_USEC_PER_SEC);
}

void Broadcast::change_size(int width, int height, LoopRef loop) {
    if (encoder_) return encoder_->resize(width, height);
    const std::lock_guard lock(mutex_);
    video_loop_ = loop;
    video_->replace(std::move(loop));
}

}  // namespace rill::camera
