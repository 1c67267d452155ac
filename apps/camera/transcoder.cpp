#include "transcoder.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace rill::camera {
namespace {

constexpr guint64 max_raw_buffers = 4;
constexpr GstClockTime patience = 50 * GST_MSECOND;

}  // namespace

Result<Transcoder> Transcoder::create(const std::string& caps, const std::string& elements,
                                      std::stop_token stop) {
    const std::string description = fmt::format(
        "appsrc name=input format=time caps=\"{}\" ! {} ! appsink name=output sync=false", caps, elements);
    Owned<GError> error;
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(description.c_str(), out(error)));
    if (error)
        return Error{Code::unavailable, fmt::format("cannot encode with '{}': {}", elements, error->message)};

    Transcoder transcoder(std::move(pipeline), std::move(stop));
    if (gst_element_set_state(transcoder.pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return Error{Code::internal, fmt::format("cannot start the encoder '{}'", elements)};
    return transcoder;
}

Transcoder::Transcoder(Ref<GstElement> pipeline, std::stop_token stop)
    : pipeline_(std::move(pipeline)),
      input_(Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "input"))),
      output_(Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "output"))),
      stop_(std::move(stop)) {}

Transcoder::~Transcoder() {
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<> Transcoder::push(Ref<GstBuffer> raw) {
    auto* input = GST_APP_SRC(input_.get());
    if (gst_app_src_push_buffer(input, raw.leak()) != GST_FLOW_OK)
        return Error{Code::internal, "the encoder takes no more data"};
    while (gst_app_src_get_current_level_buffers(input) >= max_raw_buffers)
        if (const auto collected = collect(); !collected) return collected.error();
    return ok();
}

Result<std::vector<Ref<GstSample>>> Transcoder::finish() {
    gst_app_src_end_of_stream(GST_APP_SRC(input_.get()));
    while (gst_app_sink_is_eos(GST_APP_SINK(output_.get())) == FALSE)
        if (const auto collected = collect(); !collected) return collected.error();
    return std::move(encoded_);
}

Result<> Transcoder::collect() {
    if (const auto healthy = check(); !healthy) return healthy.error();
    auto sample = Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(output_.get()), patience));
    if (sample) encoded_.push_back(std::move(sample));
    return ok();
}

Result<> Transcoder::check() const {
    if (stop_.stop_requested()) return Error{Code::unavailable, "stopped while encoding"};
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    const auto failure = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    if (!failure) return ok();
    Owned<GError> error;
    gst_message_parse_error(failure.get(), out(error), nullptr);
    return Error{Code::internal, fmt::format("encoding failed: {}", error->message)};
}

}  // namespace rill::camera
