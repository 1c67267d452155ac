#include "ingest_branch.hpp"

#include "media/jpeg.hpp"

#include <rill/callback.hpp>
#include <rill/media/formats.hpp>

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <string_view>
#include <utility>

namespace rill {

namespace {

using namespace std::string_view_literals;

// Enough for the burst of a reconnecting camera; the hub takes units at once, so the queue is empty in normal
// life.
constexpr guint appsink_buffers = 64;

std::optional<Nanoseconds> to_running_time(const GstSegment* segment, GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
    guint64 running = 0;
    const int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, time, &running);
    if (sign == 0) return std::nullopt;
    return Nanoseconds(sign * static_cast<std::int64_t>(running));
}

/// Of sound whose bytes come at a fixed rate; 0 of any other.
std::uint64_t bytes_per_second(const Format& format) {
    const auto channels = static_cast<std::uint64_t>(format.channels);
    const auto rate = static_cast<std::uint64_t>(format.sample_rate);
    switch (format.codec) {
        case Codec::pcmu:
        case Codec::pcma:
            return rate * channels;
        case Codec::lpcm:
            return rate * channels * 2;
        case Codec::g722:
            return rate * channels / 2;
        case Codec::h264:
        case Codec::h265:
        case Codec::vp8:
        case Codec::vp9:
        case Codec::mjpeg:
        case Codec::aac:
        case Codec::opus:
            break;
    }
    return 0;
}

/// Of a unit that no element has told the duration of; 0 when it is not known.
Nanoseconds known_duration(const Format& format, std::size_t bytes) {
    if (format.codec == Codec::mjpeg && format.frame_rate > 0)
        return Nanoseconds(static_cast<std::int64_t>(GST_SECOND / format.frame_rate));
    const std::uint64_t rate = bytes_per_second(format);
    if (rate == 0) return Nanoseconds(0);
    return Nanoseconds(static_cast<std::int64_t>(gst_util_uint64_scale(bytes, GST_SECOND, rate)));
}

}  // namespace

std::optional<ParseRule> parse_rule(const GstCaps* caps) {
    if (caps == nullptr || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return std::nullopt;
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    const std::string_view name = gst_structure_get_name(structure);
    if (name == "video/x-h264"sv)
        return ParseRule{Kind::video, "h264parse", "video/x-h264,stream-format=avc,alignment=au"};
    if (name == "video/x-h265"sv)
        return ParseRule{Kind::video, "h265parse", "video/x-h265,stream-format=hvc1,alignment=au"};
    if (name == "video/x-vp8"sv) return ParseRule{Kind::video, nullptr, "video/x-vp8"};
    if (name == "video/x-vp9"sv) return ParseRule{Kind::video, nullptr, "video/x-vp9"};
    if (name == "audio/mpeg"sv) {
        int version = 4;
        gst_structure_get_int(structure, "mpegversion", &version);
        if (version != 4 && version != 2) return std::nullopt;
        return ParseRule{Kind::audio, "aacparse", "audio/mpeg,mpegversion=4,stream-format=raw"};
    }
    if (name == "audio/x-opus"sv) return ParseRule{Kind::audio, nullptr, "audio/x-opus"};
    if (name == "audio/x-mulaw"sv) return ParseRule{Kind::audio, nullptr, "audio/x-mulaw"};
    if (name == "audio/x-alaw"sv) return ParseRule{Kind::audio, nullptr, "audio/x-alaw"};
    if (name == "audio/G722"sv) return ParseRule{Kind::audio, nullptr, "audio/G722"};
    // L16 of RTP passes as it is; 8 and 24 bits and more than two channels are converted.
    if (name == "audio/x-raw"sv)
        return ParseRule{Kind::audio, "audioconvert",
                         "audio/x-raw,format=S16BE,layout=interleaved,channels=[1,2]"};
    if (name == "image/jpeg"sv) return ParseRule{Kind::video, nullptr, "image/jpeg"};
    return std::nullopt;
}

IngestBranch::IngestBranch(std::shared_ptr<Stream> stream, std::uint64_t generation, std::size_t track,
                           Log log, std::function<void()> first_unit)
    : stream_(std::move(stream)),
      generation_(generation),
      track_(track),
      log_(std::move(log)),
      first_unit_(std::move(first_unit)) {}

Result<> IngestBranch::attach(Pipeline& pipeline, GstPad* pad, const ParseRule& rule) {
    GstElement* parser = nullptr;
    if (rule.parser != nullptr) {
        parser = pipeline.make(rule.parser);
        if (parser == nullptr) {
            return Error{Code::unavailable,
                         fmt::format("GStreamer element '{}' is not installed", rule.parser)};
        }
    }
    appsink_ = pipeline.make("appsink");
    if (appsink_ == nullptr) return Error{Code::unavailable, "GStreamer element 'appsink' is not installed"};

    auto* appsink = GST_APP_SINK(appsink_);
    const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(rule.caps));
    gst_app_sink_set_caps(appsink, caps.get());
    gst_app_sink_set_max_buffers(appsink, appsink_buffers);
    // Units are handed on at once, in running time; nothing waits for the clock here.
    g_object_set(appsink_, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    GstAppSinkCallbacks callbacks{};
    using Shared = std::shared_ptr<IngestBranch>;
    callbacks.new_sample = [](GstAppSink* sink, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
        return sample ? kept<Shared>(data)->consume(sample.get()) : GST_FLOW_EOS;
    };
    gst_app_sink_set_callbacks(appsink, &callbacks, keep(shared_from_this()), drop<Shared>);

    GstElement* first = parser != nullptr ? parser : appsink_;
    if (parser != nullptr && gst_element_link(parser, appsink_) == FALSE) {
        return Error{Code::internal, fmt::format("{} does not link to caps {}", rule.parser, rule.caps)};
    }
    sync_with_parent(appsink_);
    if (parser != nullptr) sync_with_parent(parser);
    sink_pad_ = Ref<GstPad>::adopt(gst_element_get_static_pad(appsink_, "sink"));
    const auto target = Ref<GstPad>::adopt(gst_element_get_static_pad(first, "sink"));
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, target.get()))) {
        return Error{Code::not_acceptable, "the source's pad does not link to its parser"};
    }
    return ok();
}

void IngestBranch::request_keyframe() {
    // By pad: gst_element_send_event() would take the pipeline's state lock.
    if (filled()) {
        gst_pad_push_event(sink_pad_.get(),
                           gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    }
}

bool IngestBranch::update_format(GstCaps* caps) {
    auto format = format_from_caps(caps);
    caps_ = Ref<GstCaps>::retain(caps);
    if (!format) {
        if (format_)
            log_.warning("the camera's new format is not usable, waiting for the next: {}",
                         format.error().message);
        format_ = nullptr;
        return false;
    }
    if (!format_ || *format_ != *format) format_ = std::make_shared<const Format>(std::move(*format));
    return true;
}

bool IngestBranch::follow_picture(GstBuffer* buffer) {
    const auto size = jpeg::parse_size(MappedBuffer(buffer).bytes());
    if (!size) {
        if (!std::exchange(complained_, true))
            log_.warning("pictures that are no whole JPEG are left out (of {} bytes this one)",
                         gst_buffer_get_size(buffer));
        return false;
    }
    if (size->width == format_->width && size->height == format_->height) return true;
    Format format = *format_;
    format.width = size->width;
    format.height = size->height;
    format_ = std::make_shared<const Format>(std::move(format));
    return true;
}

GstFlowReturn IngestBranch::consume(GstSample* sample) {
    GstCaps* caps = gst_sample_get_caps(sample);
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    if (caps == nullptr || buffer == nullptr) return GST_FLOW_OK;
    if (caps != caps_.get() && !(caps_ && format_ && gst_caps_is_equal(caps, caps_.get())))
        update_format(caps);
    if (!format_) return GST_FLOW_OK;
    const bool pictures_alone = format_->codec == Codec::mjpeg;
    if (pictures_alone && !follow_picture(buffer)) {
        left_out_ = true;
        return GST_FLOW_OK;
    }

    const GstSegment* segment = gst_sample_get_segment(sample);
    RawUnit unit;
    unit.format = format_;
    unit.buffer = Ref<GstBuffer>::retain(buffer);
    unit.pts = to_running_time(segment, GST_BUFFER_PTS(buffer));
    unit.dts = to_running_time(segment, GST_BUFFER_DTS(buffer));
    // No parser has made it a decode time: it is when the packet came.
    if (pictures_alone && unit.pts) unit.dts = unit.pts;
    unit.duration = GST_BUFFER_DURATION_IS_VALID(buffer)
                        ? Nanoseconds(GST_BUFFER_DURATION(buffer))
                        : known_duration(*format_, gst_buffer_get_size(buffer));
    const bool delta = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) != FALSE;
    unit.keyframe = format_->kind == Kind::audio || pictures_alone || !delta;
    // The very first buffer of a parser is always flagged; the stream itself knows about new sources.
    const bool is_behind_gap =
        std::exchange(left_out_, false) || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT) != FALSE;
    unit.discontinuity = filled() && is_behind_gap;
    // A picture begins with a keyframe: what comes before it cannot be shown.
    if (!filled() && !unit.keyframe) return GST_FLOW_OK;

    const Stream::Pushed pushed = stream_->push(generation_, track_, std::move(unit));
    if (pushed == Stream::Pushed::ended) return GST_FLOW_EOS;
    if (pushed == Stream::Pushed::taken && !filled_.exchange(true, std::memory_order_acq_rel)) first_unit_();
    return GST_FLOW_OK;
}

}  // namespace rill
