#include "mux_pipeline.hpp"

#include <rill/callback.hpp>
#include <rill/media/cmaf.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>
#include <gst/app/gstappsink.h>

#include <array>
#include <utility>

namespace rill::record {

namespace {

using Collector = std::shared_ptr<MuxCollector>;

const char* muxer_for(Container container) {
    return container == Container::mpegts ? "mpegtsmux" : "matroskamux";
}

/// Null where the muxer takes the hub's form.
const char* parser_for(Container container, Codec codec) {
    if (container != Container::mpegts) return nullptr;
    switch (codec) {
        case Codec::h264:
            return "h264parse";
        case Codec::h265:
            return "h265parse";
        case Codec::aac:
            return "aacparse";
        case Codec::vp8:
        case Codec::vp9:
        case Codec::mjpeg:
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return nullptr;
}

/// Of what GStreamer's muxers write: MPEG-TS has the codecs that CMAF has.
bool has(Container container, Codec codec) {
    if (codec == Codec::g722) return false;
    return container != Container::mpegts || cmaf::is_cmaf(codec);
}

Error error_of(GstMessage* message) {
    return {Code::unavailable, fmt::format("{}: {}", GST_MESSAGE_SRC_NAME(message), error_text(message))};
}

std::optional<Nanoseconds> time_of(GstBuffer* buffer) {
    const GstClockTime time = GST_BUFFER_DTS_OR_PTS(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
    return Nanoseconds(static_cast<std::int64_t>(time));
}

Ref<GstElement> make_sink(const Collector& collector) {
    auto sink = Ref<GstElement>::sink(gst_element_factory_make("appsink", nullptr));
    g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* from, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(from));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer != nullptr) kept<Collector>(data)->take(buffer, time_of(buffer));
        return GST_FLOW_OK;
    };
    callbacks.eos = [](GstAppSink*, gpointer data) { kept<Collector>(data)->end_file(); };
    gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks, keep(collector), drop<Collector>);
    return sink;
}

}  // namespace

Result<> MuxPipeline::check_elements(Container container) {
    std::vector<const char*> names = {"splitmuxsink", "appsrc", "appsink", muxer_for(container)};
    for (const Codec codec : {Codec::h264, Codec::h265, Codec::aac}) {
        if (const char* parser = parser_for(container, codec)) names.push_back(parser);
    }
    for (const char* name : names) {
        if (!Ref<GstElementFactory>::adopt(gst_element_factory_find(name)))
            return Error{Code::unavailable, fmt::format("GStreamer element '{}' is not installed", name)};
    }
    return ok();
}

Result<> MuxPipeline::can_write(Container container, const Format& format) {
    if (has(container, format.codec)) return ok();
    const char* instead = cmaf::can_write(format.codec)            ? "; recordFormat fmp4 and mkv have it"
                          : has(Container::matroska, format.codec) ? "; recordFormat mkv has it"
                                                                   : "";
    return Error{Code::not_acceptable,
                 fmt::format("{} has no {}{}", container == Container::mpegts ? "MPEG-TS" : "Matroska",
                             rill::to_string(format.codec), instead)};
}

MuxPipeline::MuxPipeline(Loop& loop, std::function<void(Error)> failed)
    : pipeline_("record", loop, [failed = std::move(failed)](GstMessage* message) {
          if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) failed(error_of(message));
      }) {}

Result<std::unique_ptr<MuxPipeline>> MuxPipeline::create(
    const Settings& settings, Loop& loop, std::span<const std::shared_ptr<const Format>> formats,
    const std::shared_ptr<MuxCollector>& collector, std::function<void(Error)> failed) {
    if (auto installed = check_elements(settings.container); !installed) return installed.error();
    std::unique_ptr<MuxPipeline> made(new MuxPipeline(loop, std::move(failed)));
    if (auto built = made->build(settings, formats, collector); !built) return built.error();
    return made;
}

Result<> MuxPipeline::build(const Settings& settings, std::span<const std::shared_ptr<const Format>> formats,
                            const Collector& collector) {
    splitter_ = pipeline_.make("splitmuxsink");
    const auto muxer =
        Ref<GstElement>::sink(gst_element_factory_make(muxer_for(settings.container), nullptr));
    if (settings.container == Container::matroska) {
        // A cluster that begins before the cutter's part has ended would hold two parts.
        const Nanoseconds longest = settings.part_duration + settings.part_duration / 20;
        g_object_set(muxer.get(), "streamable", TRUE, "offset-to-zero", TRUE, "max-cluster-duration",
                     static_cast<gint64>(longest.count()), "min-cluster-duration",
                     static_cast<gint64>(settings.part_duration.count() / 2), nullptr);
    }
    const auto sink = make_sink(collector);
    g_object_set(splitter_, "muxer", muxer.get(), "sink", sink.get(), "send-keyframe-requests", FALSE,
                 nullptr);
    using Location = gchar* (*)(GstElement*, guint, GstSample*, gpointer);
    const Location begin = [](GstElement*, guint, GstSample*, gpointer data) -> gchar* {
        kept<Collector>(data)->begin_file();
        return nullptr;  // it has no name here
    };
    g_signal_connect_data(splitter_, "format-location-full", G_CALLBACK(begin), keep(collector),
                          drop_closure<Collector>, GConnectFlags(0));
    for (const auto& format : formats) {
        if (auto added = add_track(settings, *format); !added) return added;
    }
    if (!pipeline_.play()) return Error{Code::unavailable, "the muxer's pipeline does not start"};
    return ok();
}

Result<> MuxPipeline::add_track(const Settings& settings, const Format& format) {
    GstElement* source = pipeline_.make("appsrc");
    sources_.push_back(Ref<GstElement>::retain(source));
    pipeline_.flush_when_disposed(source);
    g_object_set(source, "format", GST_FORMAT_TIME, "max-bytes", guint64{0}, "max-buffers", guint64{0},
                 "max-time", guint64{0}, "handle-segment-change", FALSE, nullptr);
    gst_app_src_set_caps(GST_APP_SRC(source), caps_from_format(format).get());
    const bool picture = format.kind == Kind::video;
    GstElement* last = source;
    if (const char* name = parser_for(settings.container, format.codec)) {
        GstElement* parser = pipeline_.make(name);
        // Parameter sets before every keyframe, so that a player can begin with any of them.
        if (picture) g_object_set(parser, "config-interval", -1, nullptr);
        gst_element_link(source, parser);
        last = parser;
    }
    if (!gst_element_link_pads(last, "src", splitter_, picture ? "video" : "audio_%u")) {
        return Error{Code::unavailable,
                     fmt::format("splitmuxsink does not take {}", rill::to_string(format.codec))};
    }
    return ok();
}

void MuxPipeline::split(Nanoseconds at) {
    g_signal_emit_by_name(splitter_, "split-at-running-time", static_cast<GstClockTime>(at.count()));
}

void MuxPipeline::push(std::size_t track, const AccessUnit& unit) {
    // Shares the memory, owns the metadata.
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(unit.buffer.get()));
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(unit.pts.count());
    GST_BUFFER_DTS(buffer.get()) = static_cast<GstClockTime>(unit.dts.count());
    GST_BUFFER_DURATION(buffer.get()) =
        unit.duration.count() > 0 ? static_cast<GstClockTime>(unit.duration.count()) : GST_CLOCK_TIME_NONE;
    GST_BUFFER_FLAG_UNSET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DISCONT);
    if (!unit.keyframe) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    gst_app_src_push_buffer(GST_APP_SRC(sources_[track].get()), buffer.leak());
}

void MuxPipeline::end(std::size_t track) {
    if (!ended_.insert(track).second) return;
    gst_app_src_end_of_stream(GST_APP_SRC(sources_[track].get()));
}

void MuxPipeline::end() {
    for (std::size_t track = 0; track < sources_.size(); ++track)
        end(track);
}

std::size_t MuxPipeline::waiting_bytes() const {
    std::size_t bytes = 0;
    for (const auto& source : sources_)
        bytes += gst_app_src_get_current_level_bytes(GST_APP_SRC(source.get()));
    return bytes;
}

}  // namespace rill::record
