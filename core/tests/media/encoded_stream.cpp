#include "encoded_stream.hpp"

#include <rill/media/formats.hpp>

#include <gst/app/gstappsink.h>

#include <stdexcept>

namespace rill::test {
namespace {

constexpr GstClockTime patience = 30 * GST_SECOND;

/// A pipeline that is stopped when its owner goes.
class RunningPipeline {
  public:
    explicit RunningPipeline(const std::string& description) {
        Owned<GError> error;
        pipeline_ = Ref<GstElement>::sink(gst_parse_launch(description.c_str(), out(error)));
        if (error) throw std::runtime_error(error->message);
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    RunningPipeline(const RunningPipeline&) = delete;
    RunningPipeline& operator=(const RunningPipeline&) = delete;
    ~RunningPipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    Ref<GstElement> element(const char* name) const {
        return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
    }

  private:
    Ref<GstElement> pipeline_;
};

Nanoseconds running_time(const GstSegment* segment, GstClockTime time) {
    guint64 running = 0;
    const int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, time, &running);
    if (sign == 0) throw std::runtime_error("a buffer has no running time");
    return Nanoseconds(sign * static_cast<std::int64_t>(running));
}

AccessUnit to_unit(GstSample* sample, const std::shared_ptr<const Format>& format, Nanoseconds offset) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    const GstSegment* segment = gst_sample_get_segment(sample);
    AccessUnit unit;
    unit.format = format;
    unit.buffer = Ref<GstBuffer>::retain(buffer);
    unit.pts = running_time(segment, GST_BUFFER_PTS(buffer)) + offset;
    unit.dts =
        GST_BUFFER_DTS_IS_VALID(buffer) ? running_time(segment, GST_BUFFER_DTS(buffer)) + offset : unit.pts;
    if (GST_BUFFER_DURATION_IS_VALID(buffer)) unit.duration = Nanoseconds(GST_BUFFER_DURATION(buffer));
    unit.keyframe =
        format->kind == Kind::audio || !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    unit.disposable = is_disposable(*format, MappedBuffer(buffer).bytes());
    return unit;
}

}  // namespace

EncodedStream encode(const std::string& description, Nanoseconds offset) {
    const RunningPipeline pipeline(description + " ! appsink name=out sync=false");
    const auto sink = pipeline.element("out");
    EncodedStream stream;
    while (true) {
        const auto sample =
            Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), patience));
        if (!sample) break;
        if (!stream.format) {
            auto format = format_from_caps(gst_sample_get_caps(sample.get()));
            if (!format) throw std::runtime_error(format.error().message);
            stream.format = std::make_shared<const Format>(*std::move(format));
            stream.caps = Ref<GstCaps>::retain(gst_sample_get_caps(sample.get()));
        }
        AccessUnit unit = to_unit(sample.get(), stream.format, offset);
        unit.sequence = stream.units.size() + 1;
        stream.units.push_back(std::make_shared<const AccessUnit>(std::move(unit)));
    }
    if (stream.units.empty() || !gst_app_sink_is_eos(GST_APP_SINK(sink.get()))) {
        throw std::runtime_error("the pipeline did not come to its end: " + description);
    }
    stream.end = stream.units.back()->dts + stream.units.back()->duration;
    return stream;
}

}  // namespace rill::test
