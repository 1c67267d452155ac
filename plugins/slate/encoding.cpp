#include "encoding.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace rill::slate {

namespace {

// The first loop is left out: there encoders of sound put their delay, and x264 describes itself at length.
// Of the last, sound is cut where it ends.
constexpr std::size_t units_of_a_loop = 5;
constexpr std::size_t encoded_units = 3 * units_of_a_loop;

struct Encoder {
    const char* factory;
    std::string_view settings;
};

/// "x264enc pass=quant …". Error: unavailable.
Result<std::string> first_installed(Codec codec, std::span<const Encoder> encoders, std::string_view packages,
                                    const Installed& installed) {
    std::vector<const char*> names;
    for (const Encoder& encoder : encoders) {
        if (installed(encoder.factory)) return fmt::format("{} {}", encoder.factory, encoder.settings);
        names.push_back(encoder.factory);
    }
    return Error{Code::unavailable,
                 fmt::format("source slate: no encoder for {} is installed; one of {} is needed ({})",
                             to_string(codec), fmt::join(names, ", "), packages)};
}

// A fixed quantizer, much finer for keyframes: the pictures after one add nothing to it. A picture that gets
// better until the next keyframe throws it back pulses once a second.
Result<std::string> encoder_of(Codec codec, const Installed& installed) {
    switch (codec) {
        case Codec::h264: {
            constexpr std::array encoders{
                Encoder{"x264enc",
                        "pass=quant quantizer=24 tune=zerolatency threads=1 key-int-max=5 "
                        "option-string=scenecut=0:ipratio=4"},
                Encoder{"openh264enc",
                        "rate-control=bitrate bitrate=300000 qp-max=24 gop-size=5 "
                        "scene-change-detection=false usage-type=screen"}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-ugly, gstreamer1.0-plugins-bad",
                                   installed);
        }
        case Codec::h265: {
            constexpr std::array encoders{
                Encoder{"x265enc",
                        "qp=26 tune=zerolatency speed-preset=veryfast key-int-max=5 "
                        "option-string=\"scenecut=0:bframes=0:open-gop=0:info=0:pools=none:"
                        "frame-threads=1:ipratio=4:log-level=none\""}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-bad", installed);
        }
        case Codec::opus: {
            constexpr std::array encoders{Encoder{"opusenc", "frame-size=20"}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-base", installed);
        }
        case Codec::aac: {
            constexpr std::array encoders{Encoder{"fdkaacenc", ""}, Encoder{"voaacenc", ""},
                                          Encoder{"avenc_aac", ""}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-bad, gstreamer1.0-libav",
                                   installed);
        }
        case Codec::pcmu: {
            constexpr std::array encoders{Encoder{"mulawenc", ""}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-good", installed);
        }
        case Codec::pcma: {
            constexpr std::array encoders{Encoder{"alawenc", ""}};
            return first_installed(codec, encoders, "gstreamer1.0-plugins-good", installed);
        }
        default:
            return Error{Code::internal, fmt::format("source slate: {} has no slate", to_string(codec))};
    }
}

/// What the encoder is asked for, and what makes units of that.
std::string_view form_of(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return "video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 ! "
                   "video/x-h264,stream-format=byte-stream,alignment=au";
        case Codec::h265:
            // Pictures of 8 bits in 4:2:0 are Main by themselves. x265enc leaks the list of profiles that
            // caps behind it ask for (gst_x265_enc_finalize() of GStreamer 1.22 frees it without its memory).
            return "h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au";
        case Codec::aac:
            return "audio/mpeg,mpegversion=4,stream-format=raw";
        default:
            return "identity silent=true";
    }
}

std::string picture(int fps, bool with_text) {
    // A little above the middle of its line's box, which has room for letters that go below: the middle of
    // the picture. Spacing keeps the letters apart where the picture is small.
    constexpr std::string_view text =
        "textoverlay text=\"<span letter_spacing='2500'>offline</span>\" font-desc=\"Sans 28\" "
        "halignment=center valignment=center deltay=12 color=0xffe8e8e8 draw-shadow=false "
        "draw-outline=false ! ";
    return fmt::format(
        "videotestsrc num-buffers={} pattern=solid-color foreground-color=0xff181818 ! "
        "video/x-raw,format=I420,width=1280,height=720,framerate={}/1,colorimetry=bt709 ! {}",
        encoded_units, fps, with_text ? text : "");
}

std::string silence(const Spec& spec) {
    return fmt::format(
        "audiotestsrc num-buffers={} wave=silence samplesperbuffer={} ! audio/x-raw,rate={},channels={} ! "
        "audioconvert ! ",
        encoded_units, pace_of(spec).ticks, spec.sample_rate, spec.channels);
}

/// The same bytes, with no time and no flag but the one that tells keyframes from others.
Ref<GstBuffer> bare(GstBuffer* unit) {
    auto buffer = Ref<GstBuffer>::adopt(
        gst_buffer_copy_region(unit, GST_BUFFER_COPY_MEMORY, 0, gst_buffer_get_size(unit)));
    if (GST_BUFFER_FLAG_IS_SET(unit, GST_BUFFER_FLAG_DELTA_UNIT))
        GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
}

bool is_keyframe(const Ref<GstBuffer>& unit) {
    return !GST_BUFFER_FLAG_IS_SET(unit.get(), GST_BUFFER_FLAG_DELTA_UNIT);
}

}  // namespace

Result<std::string> describe_encoding(const Spec& spec, const Installed& installed) {
    const bool is_video = kind_of(spec.codec) == Kind::video;
    for (const char* element : {is_video ? "videotestsrc" : "audiotestsrc", "audioconvert", "appsink"}) {
        if (!installed(element))
            return Error{Code::unavailable, fmt::format("source slate: GStreamer element '{}' is not "
                                                        "installed (gstreamer1.0-plugins-base)",
                                                        element)};
    }
    const auto encoder = encoder_of(spec.codec, installed);
    if (!encoder) return encoder.error();
    // The overlay is a part of pango's plugin; a dark picture is good without it.
    return fmt::format("{}{} ! {} ! appsink name=out sync=false wait-on-eos=false",
                       is_video ? picture(pace_of(spec).rate, installed("textoverlay")) : silence(spec),
                       *encoder, form_of(spec.codec));
}

Encoding::Encoding(std::string elements, std::function<void(Result<>)> ended)
    : ended_(std::move(ended)), loop_("rill-slate") {
    loop_.post([this, elements = std::move(elements)] { begin(elements); });
}

Encoding::~Encoding() {
    loop_.post([this] { pipeline_.reset(); });
}

void Encoding::begin(const std::string& elements) {
    Owned<GError> error;
    const auto bin =
        Ref<GstElement>::sink(gst_parse_bin_from_description(elements.c_str(), FALSE, out(error)));
    if (!bin || error)
        return end(Error{Code::unavailable,
                         fmt::format("source slate: {}", error ? error->message : "no bin could be made")});
    sink_ = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "out"));
    pipeline_ = std::make_unique<Pipeline>("slate", loop_, [this](GstMessage* message) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) end(ok());
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
            end(Error{Code::internal, "source slate: the encoder failed: " + error_text(message)});
    });
    pipeline_->add(bin);
    // Who refuses says why in a message.
    pipeline_->play();
}

void Encoding::end(Result<> how) {
    if (const auto ended = std::exchange(ended_, nullptr)) ended(std::move(how));
}

Result<ContentPtr> Encoding::content() const {
    auto content = std::make_shared<Content>();
    std::vector<Ref<GstBuffer>> made;
    while (const auto sample =
               Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), 0))) {
        content->caps = Ref<GstCaps>::retain(gst_sample_get_caps(sample.get()));
        made.push_back(bare(gst_sample_get_buffer(sample.get())));
    }
    if (made.size() >= 2 * units_of_a_loop)
        content->units = {made.begin() + units_of_a_loop, made.begin() + 2 * units_of_a_loop};
    if (content->units.empty() || !is_keyframe(content->units.front()))
        return Error{Code::internal, fmt::format("source slate: an encoder made {} units that cannot be "
                                                 "repeated",
                                                 made.size())};
    return ContentPtr(std::move(content));
}

}  // namespace rill::slate
