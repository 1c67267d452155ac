#include "encode.hpp"

#include "profile.hpp"
#include "raw_picture.hpp"
#include "tone.hpp"
#include "transcoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace rill::camera {
namespace {

// High enough that a picture can be compared with its original, and usual in cameras.
constexpr int jpeg_quality = 85;

Result<> require_element(const char* factory, const char* package) {
    if (Ref<GstElementFactory>::adopt(gst_element_factory_find(factory))) return ok();
    return Error{Code::unavailable,
                 fmt::format("the GStreamer element {} is missing: install {}", factory, package)};
}

/// What stands between the pictures, which are I420, and the encoder.
std::string conversion(const VideoSpec& video) {
    const std::string_view format = raw_format(video);
    return format == "I420" ? "" : fmt::format("videoconvert ! video/x-raw,format={} ! ", format);
}

Result<std::string> h264_encoder(const VideoSpec& video, bool live) {
    if (auto found = require_element("x264enc", "gstreamer1.0-plugins-ugly"); !found) return found.error();
    const auto profile = find_profile(video.codec, video.profile);
    // Threads would cut a picture into slices, before each of which the payloader repeats the parameter sets.
    return fmt::format(
        "{}x264enc speed-preset=superfast {} bitrate={} key-int-max={} bframes={} b-adapt=false aud=false "
        "interlaced={} vbv-buf-capacity=1000 option-string=scenecut=0:open-gop=0 ! "
        "video/x-h264,stream-format=avc,alignment=au{}",
        conversion(video), live ? "tune=zerolatency threads=1" : "", video.bitrate_kbit, video.gop_frames,
        video.bframes, video.interlaced, profile ? fmt::format(",profile={}", profile->caps) : "");
}

Result<std::string> h265_encoder(const VideoSpec& video, bool live) {
    if (auto found = require_element("x265enc", "gstreamer1.0-plugins-bad"); !found) return found.error();
    return fmt::format(
        "{}x265enc speed-preset=ultrafast {} bitrate={} key-int-max={} log-level=none "
        "option-string=bframes={}:b-adapt=0:scenecut=0:open-gop=0:info=0:repeat-headers=0:vbv-maxrate={}:vbv-"
        "bufsize={} ! h265parse "
        "! "
        "video/x-h265,stream-format=hvc1,alignment=au",
        conversion(video), live ? "tune=zerolatency" : "", video.bitrate_kbit, video.gop_frames,
        video.bframes, video.bitrate_kbit, video.bitrate_kbit);
}

/// JPEG has no colour description of its own: JFIF (ITU-T T.871) fixes full range and the matrix of BT.601.
Result<std::string> mjpeg_encoder() {
    if (auto found = require_element("jpegenc", "gstreamer1.0-plugins-good"); !found) return found.error();
    return fmt::format(
        "videoconvert ! video/x-raw,format=I420,colorimetry=1:4:0:0 ! jpegenc quality={} ! image/jpeg",
        jpeg_quality);
}

Result<std::string> aac_encoder() {
    for (const char* encoder : {"fdkaacenc", "avenc_aac", "voaacenc", "faac"})
        if (require_element(encoder, ""))
            return fmt::format("audioconvert ! {} ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw",
                               encoder);
    return Error{Code::unavailable, "no AAC encoder is there: install gstreamer1.0-libav"};
}

struct AudioEncoder {
    std::string elements;
    int frame_samples;
};

Result<AudioEncoder> audio_encoder(const AudioSpec& audio) {
    const int twenty_ms = audio.rate / 50;
    switch (audio.codec) {
        case AudioCodec::none:
            break;
        case AudioCodec::pcmu:
            return AudioEncoder{"mulawenc", twenty_ms};
        case AudioCodec::pcma:
            return AudioEncoder{"alawenc", twenty_ms};
        case AudioCodec::opus:
            return AudioEncoder{"audioconvert ! opusenc frame-size=20", twenty_ms};
        case AudioCodec::lpcm:
            return AudioEncoder{"audioconvert ! audio/x-raw,format=S16BE", twenty_ms};
        case AudioCodec::g722:
            if (auto found = require_element("avenc_g722", "gstreamer1.0-libav"); !found)
                return found.error();
            return AudioEncoder{"avenc_g722", twenty_ms};
        case AudioCodec::aac: {
            auto elements = aac_encoder();
            if (!elements) return elements.error();
            return AudioEncoder{*elements, 1024};
        }
    }
    return Error{Code::invalid_config, "there is no audio to encode"};
}

void set_time(GstBuffer* buffer, nanoseconds pts, nanoseconds duration) {
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(pts.count());
    GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration.count());
}

Ref<GstBuffer> picture(Painter& painter, const VideoSpec& video, int frame, int frames) {
    const nanoseconds duration = nanoseconds(std::chrono::seconds(1)) / video.fps;
    Scene scene;
    scene.frame = frame;
    scene.frames_per_second = video.fps;
    scene.flash = frame % video.fps * 1000 / video.fps < beep_milliseconds;
    scene.strip = static_cast<std::uint32_t>(frame);
    scene.headline = fmt::format("FRAME {:04}/{:04}", frame, frames);
    scene.caption = caption(video);
    auto buffer = raw_picture(painter, scene, video);
    set_time(buffer.get(), frame * duration, duration);
    return buffer;
}

/// A unit with its own memory, without the time and flags of the encoder's pipeline.
Unit unit_from(const GstSample* sample, nanoseconds first_pts) {
    GstBuffer* encoded = gst_sample_get_buffer(const_cast<GstSample*>(sample));
    constexpr auto bytes_only =
        static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP);
    auto data = Ref<GstBuffer>::adopt(gst_buffer_copy_region(encoded, bytes_only, 0, static_cast<gsize>(-1)));
    const auto pts = nanoseconds(static_cast<std::int64_t>(GST_BUFFER_PTS(encoded)));
    return Unit{std::move(data), pts - first_pts,
                GST_BUFFER_FLAG_IS_SET(encoded, GST_BUFFER_FLAG_DELTA_UNIT) == FALSE};
}

nanoseconds pts_of(const Ref<GstSample>& sample) {
    return nanoseconds(static_cast<std::int64_t>(GST_BUFFER_PTS(gst_sample_get_buffer(sample.get()))));
}

int loop_frames(const VideoSpec& video) {
    const int wanted = loop_seconds * video.fps;
    return (wanted + video.gop_frames - 1) / video.gop_frames * video.gop_frames;
}

Error incomplete(std::size_t got, std::size_t wanted) {
    return Error{Code::internal, fmt::format("the encoder made {} of {} frames", got, wanted)};
}

}  // namespace

Result<std::string> video_encoder(const VideoSpec& video, bool live) {
    switch (video.codec) {
        case VideoCodec::h264:
            return h264_encoder(video, live);
        case VideoCodec::h265:
            return h265_encoder(video, live);
        case VideoCodec::mjpeg:
            return mjpeg_encoder();
    }
    return Error{Code::invalid_config, "there is no video to encode"};
}

Result<Loop> encode_loop(const VideoSpec& video, const std::stop_token& stop) {
    const auto elements = video_encoder(video, false);
    if (!elements) return elements.error();
    auto transcoder = Transcoder::create(raw_video_caps(video), *elements, stop);
    if (!transcoder) return transcoder.error();

    const int frames = loop_frames(video);
    Painter painter(video.width, video.height);
    for (int frame = 0; frame < frames; ++frame)
        if (const auto pushed = transcoder->push(picture(painter, video, frame, frames)); !pushed)
            return pushed.error();
    const auto samples = transcoder->finish();
    if (!samples) return samples.error();
    if (samples->size() != static_cast<std::size_t>(frames)) return incomplete(samples->size(), frames);

    Loop loop;
    loop.caps = Ref<GstCaps>::retain(gst_sample_get_caps(samples->front().get()));
    loop.unit_duration = nanoseconds(std::chrono::seconds(1)) / video.fps;
    nanoseconds first_pts = pts_of(samples->front());
    for (const auto& sample : *samples)
        first_pts = std::min(first_pts, pts_of(sample));
    for (const auto& sample : *samples) {
        loop.units.push_back(unit_from(sample.get(), first_pts));
        const nanoseconds decoded = loop.unit_duration * static_cast<std::int64_t>(loop.units.size() - 1);
        loop.delay = std::max(loop.delay, loop.units.back().pts - decoded);
    }
    return loop;
}

Result<Loop> encode_loop(const AudioSpec& audio, const std::stop_token& stop) {
    const auto encoder = audio_encoder(audio);
    if (!encoder) return encoder.error();
    const std::string caps =
        fmt::format("audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate={}", audio.rate);
    auto transcoder = Transcoder::create(caps, encoder->elements, stop);
    if (!transcoder) return transcoder.error();

    // The shortest whole number of seconds that is also a whole number of frames. It is encoded twice and the
    // second pass kept: its first frame overlaps the sound before it, as each later turn of the loop will.
    const int frame_samples = encoder->frame_samples;
    const auto frames = static_cast<std::size_t>(std::lcm(frame_samples, audio.rate) / frame_samples);
    const auto samples_per_frame = static_cast<std::size_t>(frame_samples);
    const std::size_t total = 2 * frames + 4;  // what the encoder holds back at the end is no loss
    const std::vector<std::int16_t> sound = tone(audio.rate, total * samples_per_frame);
    const nanoseconds duration = nanoseconds(std::chrono::seconds(frame_samples)) / audio.rate;
    for (std::size_t frame = 0; frame < total; ++frame) {
        auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, samples_per_frame * 2, nullptr));
        set_time(buffer.get(), static_cast<std::int64_t>(frame) * duration, duration);
        gst_buffer_fill(buffer.get(), 0, sound.data() + frame * samples_per_frame, samples_per_frame * 2);
        if (const auto pushed = transcoder->push(std::move(buffer)); !pushed) return pushed.error();
    }
    const auto samples = transcoder->finish();
    if (!samples) return samples.error();
    if (samples->size() < 2 * frames) return incomplete(samples->size(), 2 * frames);

    Loop loop;
    loop.caps = Ref<GstCaps>::retain(gst_sample_get_caps(samples->at(frames).get()));
    loop.unit_duration = duration;
    loop.delay = duration;
    for (std::size_t i = 0; i < frames; ++i) {
        Unit unit = unit_from(samples->at(frames + i).get(), nanoseconds(0));
        unit.pts = static_cast<std::int64_t>(i) * duration;
        unit.keyframe = true;
        loop.units.push_back(std::move(unit));
    }
    return loop;
}

}  // namespace rill::camera
