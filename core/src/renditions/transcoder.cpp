#include "transcoder.hpp"

#include "encoder_settings.hpp"

#include <rill/callback.hpp>
#include <rill/clock.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace rill {

using namespace std::chrono_literals;

namespace {

// Further behind the source than this, a picture is not worth its encoding: the next ones are.
constexpr Nanoseconds latest = 400ms;
// But for one now and then, where decoding alone takes longer than the camera.
constexpr Nanoseconds longest_pause = 500ms;
// Later than this is for nobody; and the hub would take it for a clock that is wrong.
constexpr Nanoseconds too_late = 2500ms;
// Pictures that wait between the source and a decoder that is too slow; then it goes on at the next keyframe.
constexpr std::size_t most_waiting = 60;

constexpr int most_pixels_of_one_thread = 1920 * 1088;

Nanoseconds thread_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

Error error_of(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return {Code::internal, "it ended by itself"};
    return {Code::internal, fmt::format("{}: {}", GST_MESSAGE_SRC_NAME(message), error_text(message))};
}

std::string name_of(GstElement* element) {
    return gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(gst_element_get_factory(element)));
}

Error missing(const char* what) {
    return {Code::unavailable, fmt::format("GStreamer element '{}' is not installed", what)};
}

}  // namespace

/// Behind the decoder: which pictures are encoded. Shared with the pad's probe.
struct Transcoder::Gate {
    Gate(std::shared_ptr<Stream> source, std::size_t track) : source(std::move(source)), track(track) {}

    const std::shared_ptr<Stream> source;
    const std::size_t track;
    std::atomic<std::int64_t> cpu_ns{0};
    Nanoseconds last_passed{running_time()};  // the streaming thread's

    bool passes(GstBuffer* picture) {
        cpu_ns = thread_time().count();
        const Nanoseconds now = running_time();
        if (!GST_BUFFER_PTS_IS_VALID(picture)) return true;
        const Nanoseconds pts(static_cast<std::int64_t>(GST_BUFFER_PTS(picture)));
        const Nanoseconds behind = source->newest(track) - pts;
        if (behind > too_late || (behind > latest && now - last_passed < longest_pause)) return false;
        last_passed = now;
        return true;
    }
};

Result<std::unique_ptr<Transcoder>> Transcoder::create(Given given) {
    std::unique_ptr<Transcoder> transcoder(new Transcoder(std::move(given)));
    if (auto built = transcoder->build(); !built) return built.error();
    return transcoder;
}

Transcoder::Transcoder(Given given)
    : given_(std::move(given)),
      gate_(std::make_shared<Gate>(given_.source, given_.track)),
      pipeline_("rendition", *given_.loop, [this](GstMessage* message) {
          if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) return;
          // It may destroy this.
          const auto failed = given_.failed;
          failed(error_of(message));
      }) {}

Transcoder::~Transcoder() = default;

Result<> Transcoder::build() {
    auto decoder = make_decoder(*given_.format, given_.hardware);
    if (!decoder) return decoder.error();
    auto encoder = make_encoder(given_.rendition.codec, given_.hardware);
    if (!encoder) return encoder.error();
    uses_hardware_ = is_hardware(decoder->get()) || is_hardware(encoder->get());
    elements_ = fmt::format("{}, {}", name_of(decoder->get()), name_of(encoder->get()));

    GstElement* const appsrc = pipeline_.make("appsrc");
    if (appsrc == nullptr) return missing("appsrc");
    feed_ = std::make_unique<TrackFeed>(*given_.format, appsrc);
    pipeline_.add(*decoder);
    pipeline_.add(*encoder);
    if (gst_element_link(appsrc, decoder->get()) == FALSE)
        return Error{Code::internal, fmt::format("{} does not take the source's caps", elements_)};
    if (auto built = build_middle(decoder->get(), encoder->get()); !built) return built;
    if (auto built = finish(encoder->get()); !built) return built;
    if (!pipeline_.play()) return Error{Code::unavailable, fmt::format("{} do not start", elements_)};

    LinkSpec bounds;
    if (given_.format->kind == Kind::audio) {
        bounds.start = StartAt::live;
    } else {
        bounds.max_units = most_waiting;
    }
    feed_->begin([this](LinkSpec spec) { return given_.source->link(given_.track, std::move(spec)); },
                 bounds);
    return ok();
}

/// Links the decoder to the encoder, with pictures or sound as the rendition wants them.
Result<> Transcoder::build_middle(GstElement* decoder, GstElement* encoder) {
    const Format wanted = rendered_format(*given_.format, given_.rendition);
    if (wanted.kind == Kind::audio) {
        set_for_sound(encoder, wanted);
        GstElement* const convert = pipeline_.make("audioconvert");
        GstElement* const resample = pipeline_.make("audioresample");
        if (convert == nullptr || resample == nullptr) return missing("audioresample");
        GstElement* const filter = capsfilter(
            Ref<GstCaps>::adopt(gst_caps_new_simple("audio/x-raw", "rate", G_TYPE_INT, wanted.sample_rate,
                                                    "channels", G_TYPE_INT, wanted.channels, nullptr)));
        if (gst_element_link_many(decoder, convert, resample, filter, encoder, nullptr) == FALSE)
            return Error{Code::internal, fmt::format("{} do not link", elements_)};
    } else {
        const bool is_small = std::max(given_.format->width * given_.format->height,
                                       wanted.width * wanted.height) <= most_pixels_of_one_thread;
        if (is_small) use_one_thread(decoder);
        set_for_pictures(encoder, wanted, is_small);
        GstElement* const deinterlace = pipeline_.make("deinterlace");
        GstElement* const convert = pipeline_.make("videoconvertscale");
        if (deinterlace == nullptr) return missing("deinterlace");
        if (convert == nullptr) return missing("videoconvertscale");
        // A frame of two fields is one picture, not two.
        gst_util_set_object_arg(G_OBJECT(deinterlace), "fields", "top");
        auto caps = Ref<GstCaps>::adopt(
            gst_caps_new_simple("video/x-raw", "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr));
        if (wanted.width > 0)
            gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, wanted.width, "height", G_TYPE_INT,
                                wanted.height, nullptr);
        // JPEG uses all values of a byte, which decoders in browsers do not expect of H.264. The matrix
        // changes with the range: where only the range does, videoconvert 1.22 converts nothing.
        if (given_.format->codec == Codec::mjpeg)
            gst_caps_set_simple(caps.get(), "colorimetry", G_TYPE_STRING, "bt709", nullptr);
        // Of 4:2:2 or 10 bits, VP9 would be of a profile that viewers do not offer.
        if (wanted.codec == Codec::vp9) {
            const auto format = Ref<GstCaps>::adopt(gst_caps_from_string("video/x-raw, format={I420, NV12}"));
            caps = Ref<GstCaps>::adopt(gst_caps_intersect(caps.get(), format.get()));
        }
        if (gst_element_link_many(decoder, deinterlace, convert, capsfilter(caps), encoder, nullptr) == FALSE)
            return Error{Code::internal, fmt::format("{} do not link", elements_)};
    }
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(decoder, "src"));
    using Shared = std::shared_ptr<Gate>;
    const auto picture = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        return kept<Shared>(data)->passes(GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_OK
                                                                           : GST_PAD_PROBE_DROP;
    };
    const auto sound = [](GstPad*, GstPadProbeInfo*, gpointer data) {
        kept<Shared>(data)->cpu_ns = thread_time().count();
        return GST_PAD_PROBE_OK;
    };
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
                      wanted.kind == Kind::audio ? GstPadProbeCallback(sound) : GstPadProbeCallback(picture),
                      keep(gate_), drop<Shared>);
    return ok();
}

/// From the encoder into the stream, in the hub's form.
Result<> Transcoder::finish(GstElement* encoder) {
    GstElement* last = encoder;
    if (given_.rendition.codec == Codec::h264) {
        const auto baseline =
            Ref<GstCaps>::adopt(gst_caps_from_string("video/x-h264, profile=constrained-baseline"));
        last = capsfilter(baseline);
        if (gst_element_link(encoder, last) == FALSE)
            return Error{Code::internal, fmt::format("{} make no constrained baseline", elements_)};
    }
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(last, "src"));
    const auto caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad.get(), nullptr));
    const auto rule = parse_rule(caps.get());
    if (!rule) return Error{Code::internal, fmt::format("{} make what the hub does not carry", elements_)};
    const std::uint64_t generation = given_.out->begin_source();
    const std::size_t track = given_.out->claim(generation, rule->kind);
    branch_ = std::make_shared<IngestBranch>(given_.out, generation, track, given_.log, [] {});
    return branch_->attach(pipeline_, pad.get(), *rule);
}

GstElement* Transcoder::capsfilter(const Ref<GstCaps>& caps) {
    GstElement* const filter = pipeline_.make("capsfilter");
    if (filter != nullptr) g_object_set(filter, "caps", caps.get(), nullptr);
    return filter;
}

std::chrono::microseconds Transcoder::cpu_time() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Nanoseconds(gate_->cpu_ns));
}

}  // namespace rill
