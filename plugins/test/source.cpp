#include "source.hpp"

#include <fmt/format.h>

namespace rill::test_source {

namespace {

struct Encoder {
    const char* factory;
    std::string description;
    bool reorders;  ///< can make B-frames
};

const Encoder* first_installed(const std::vector<Encoder>& encoders, const Installed& installed,
                               bool reorders) {
    for (const Encoder& encoder : encoders) {
        if ((!reorders || encoder.reorders) && installed(encoder.factory)) return &encoder;
    }
    return nullptr;
}

Error missing(const char* what, const char* elements, const char* packages) {
    return {Code::unavailable,
            fmt::format("source test: no encoder for {} is installed; one of {} is needed ({})", what,
                        elements, packages)};
}

// Keyframes come at the distance that was asked for, not where a picture changes.
Result<std::string> h264_encoder(const Spec& spec, const Installed& installed) {
    const std::string_view tune = spec.bframes == 0 ? "tune=zerolatency" : "b-adapt=false rc-lookahead=0";
    const std::vector<Encoder> encoders{
        {"x264enc",
         fmt::format("x264enc {} speed-preset=superfast bitrate={} key-int-max={} bframes={} "
                     "option-string=scenecut=0",
                     tune, spec.bitrate / 1000, spec.gop, spec.bframes),
         true},
        {"openh264enc",
         fmt::format("openh264enc complexity=low rate-control=bitrate bitrate={} gop-size={}", spec.bitrate,
                     spec.gop),
         false},
    };
    const Encoder* encoder = first_installed(encoders, installed, spec.bframes > 0);
    if (encoder == nullptr) {
        return spec.bframes > 0 ? missing("H.264 with B-frames", "x264enc", "gstreamer1.0-plugins-ugly")
                                : missing("H.264", "x264enc, openh264enc",
                                          "gstreamer1.0-plugins-ugly, gstreamer1.0-plugins-bad");
    }
    return encoder->description + " ! video/x-h264,stream-format=byte-stream,alignment=au";
}

Result<std::string> h265_encoder(const Spec& spec, const Installed& installed) {
    if (!installed("x265enc")) return missing("H.265", "x265enc", "gstreamer1.0-plugins-bad");
    return fmt::format(
        "x265enc {} speed-preset=ultrafast bitrate={} key-int-max={} "
        "option-string=\"scenecut=0:bframes={}:log-level=none\" ! "
        "video/x-h265,stream-format=byte-stream,alignment=au",
        spec.bframes == 0 ? "tune=zerolatency" : "", spec.bitrate / 1000, spec.gop, spec.bframes);
}

Result<std::string> aac_encoder(const Installed& installed) {
    const std::vector<Encoder> encoders{{"fdkaacenc", "fdkaacenc", false},
                                        {"voaacenc", "voaacenc", false},
                                        {"avenc_aac", "avenc_aac", false}};
    const Encoder* encoder = first_installed(encoders, installed, false);
    if (encoder == nullptr)
        return missing("AAC", "fdkaacenc, voaacenc, avenc_aac",
                       "gstreamer1.0-plugins-bad, gstreamer1.0-libav");
    return encoder->description;
}

Result<std::string> audio_chain(Audio audio, const Installed& installed) {
    const auto ticks = [](int rate, int samples, std::string_view encoder) {
        return fmt::format(
            " audiotestsrc is-live=true wave=ticks samplesperbuffer={} ! audio/x-raw,rate={},channels=1 ! "
            "audioconvert ! {} ! "
            "identity name=audio silent=true",
            samples, rate, encoder);
    };
    switch (audio) {
        case Audio::none:
            return std::string();
        case Audio::opus:
            if (!installed("opusenc")) return missing("Opus", "opusenc", "gstreamer1.0-plugins-base");
            return ticks(48000, 960, "opusenc");
        case Audio::aac: {
            const auto encoder = aac_encoder(installed);
            if (!encoder) return encoder.error();
            return ticks(48000, 1024, *encoder);
        }
        case Audio::pcmu:
            if (!installed("mulawenc")) return missing("G.711", "mulawenc", "gstreamer1.0-plugins-good");
            return ticks(8000, 160, "mulawenc");
        case Audio::pcma:
            if (!installed("alawenc")) return missing("G.711", "alawenc", "gstreamer1.0-plugins-good");
            return ticks(8000, 160, "alawenc");
    }
    return std::string();
}

}  // namespace

Result<std::string> describe_bin(const Spec& spec, const Installed& installed) {
    for (const char* element : {"videotestsrc", "audiotestsrc", "audioconvert"}) {
        if (!installed(element)) {
            return Error{Code::unavailable,
                         fmt::format("source test: GStreamer element '{}' is not installed "
                                     "(gstreamer1.0-plugins-base)",
                                     element)};
        }
    }
    const auto video =
        spec.video == Video::h264 ? h264_encoder(spec, installed) : h265_encoder(spec, installed);
    if (!video) return video.error();
    const auto audio = audio_chain(spec.audio, installed);
    if (!audio) return audio.error();
    // Both overlays are parts of pango's plugin; the picture is good without them.
    const bool overlays = installed("timeoverlay") && installed("clockoverlay");
    // An encoder that is too slow for this machine loses pictures, not time.
    return fmt::format(
        "videotestsrc is-live=true pattern={} ! video/x-raw,format=I420,width={},height={},framerate={}/1 ! "
        "{}"
        "queue leaky=downstream max-size-buffers=3 max-size-bytes=0 max-size-time=0 ! {} ! identity "
        "name=video silent=true{}",
        spec.pattern, spec.width, spec.height, spec.fps,
        overlays ? "timeoverlay halignment=left ! clockoverlay halignment=right ! " : "", *video, *audio);
}

Result<std::unique_ptr<Source>> TestSource::create(const SourceContext& context) {
    auto spec = parse_spec(context.url);
    if (!spec) return spec.error();
    return std::unique_ptr<Source>(new TestSource(std::move(*spec)));
}

Result<Ref<GstElement>> TestSource::build() {
    const auto installed = [](const char* factory) {
        return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory)));
    };
    const auto description = describe_bin(spec_, installed);
    if (!description) return description.error();
    Owned<GError> error;
    auto bin = Ref<GstElement>::sink(gst_parse_bin_from_description(description->c_str(), FALSE, out(error)));
    if (!bin || error) {
        return Error{Code::internal,
                     fmt::format("source test: {}", error ? error->message : "no bin could be made")};
    }
    for (const char* name : {"video", "audio"}) {
        const auto last = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), name));
        if (!last) continue;
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(last.get(), "src"));
        gst_element_add_pad(bin.get(), gst_ghost_pad_new(name, pad.get()));
    }
    return bin;
}

}  // namespace rill::test_source
