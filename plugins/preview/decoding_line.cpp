#include "decoding_line.hpp"

#include <rill/callback.hpp>
#include <rill/codec_elements.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <mutex>
#include <utility>

namespace rill::preview {

/// Where the streaming thread leaves what it made. Shared with callbacks, which may outlive the line.
struct DecodingLine::Outlet {
    std::mutex mutex;
    Loop* loop = nullptr;  // locked: mutex. Null when the line is gone
    Ref<GBytes> jpeg;      // locked: mutex
    Report report;         // the loop's thread

    /// Of the pictures between two drains, the first.
    void keep_picture(GstSample* sample) {
        const MappedBuffer mapped(gst_sample_get_buffer(sample));
        const std::lock_guard lock(mutex);
        if (!jpeg) jpeg = Ref<GBytes>::adopt(g_bytes_new(mapped.bytes().data(), mapped.bytes().size()));
    }
    static void drained(const std::shared_ptr<Outlet>& outlet) {
        const std::lock_guard lock(outlet->mutex);
        if (outlet->loop == nullptr) return;
        outlet->loop->post([outlet, made = std::exchange(outlet->jpeg, {})] {
            const Report report = outlet->report;
            if (!report) return;
            if (made) return report(made);
            report(Error{Code::internal, "the recorded picture is damaged: the decoder made nothing of it"});
        });
    }
};

namespace {

constexpr int jpeg_quality = 75;

Ref<GstBuffer> to_buffer(const Ref<GBytes>& unit, std::uint64_t number) {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_wrapped_bytes(unit.get()));
    GST_BUFFER_PTS(buffer.get()) = number * GST_SECOND;
    GST_BUFFER_DTS(buffer.get()) = number * GST_SECOND;
    return buffer;
}

Error missing(std::string_view what) {
    return {Code::unavailable, fmt::format("pictures cannot be made: {}", what)};
}

void set_caps(GstElement* capsfilter, const char* text) {
    const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(text));
    g_object_set(capsfilter, "caps", caps.get(), nullptr);
}

}  // namespace

DecodingLine::DecodingLine(Loop& loop, Codec codec, Report report)
    : codec_(codec),
      outlet_(std::make_shared<Outlet>()),
      pipeline_("preview", loop, [outlet = std::weak_ptr<Outlet>(outlet_)](GstMessage* message) {
          const auto held = outlet.lock();
          if (!held || GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
          // A copy: the line may go while it is told.
          const Report tell = held->report;
          if (tell)
              tell(Error{Code::internal, "the recorded picture cannot be decoded: " + error_text(message)});
      }) {
    outlet_->loop = &loop;
    outlet_->report = std::move(report);
}

DecodingLine::~DecodingLine() {
    outlet_->report = nullptr;
    const std::lock_guard lock(outlet_->mutex);
    outlet_->loop = nullptr;
}

Result<std::unique_ptr<DecodingLine>> DecodingLine::create(Loop& loop, const Format& format, Report report) {
    std::unique_ptr<DecodingLine> line(new DecodingLine(loop, format.codec, std::move(report)));
    if (auto built = line->build(format); !built) return built.error();
    return line;
}

Result<> DecodingLine::build(const Format& format) {
    // A device's session takes longer to open than its one picture to decode.
    const auto made = make_decoder(format, Hardware::avoided);
    if (!made) return missing(made.error().message);
    GstElement* const decoder = made->get();
    // A single picture gains nothing by more.
    use_one_thread(decoder);
    appsrc_ = pipeline_.make("appsrc");
    pipeline_.add(*made);
    GstElement* const scale = pipeline_.make("videoscale");
    filter_ = pipeline_.make("capsfilter");
    GstElement* const to_rgb = pipeline_.make("videoconvert");
    GstElement* const rgb = pipeline_.make("capsfilter");
    GstElement* const to_jpeg = pipeline_.make("videoconvert");
    GstElement* const colours = pipeline_.make("capsfilter");
    GstElement* const encoder = pipeline_.make("jpegenc");
    GstElement* const appsink = pipeline_.make("appsink");
    if (encoder == nullptr) return missing("jpegenc is missing; install gstreamer1.0-plugins-good");
    if (appsrc_ == nullptr || scale == nullptr || filter_ == nullptr || to_rgb == nullptr || rgb == nullptr ||
        to_jpeg == nullptr || colours == nullptr || appsink == nullptr)
        return missing("elements are missing; install gstreamer1.0-plugins-base");
    if (gst_element_link_many(appsrc_, decoder, scale, filter_, to_rgb, rgb, to_jpeg, colours, encoder,
                              appsink, nullptr) == FALSE)
        return Error{Code::internal, "the elements for previews cannot be linked"};

    g_object_set(appsrc_, "format", GST_FORMAT_TIME, nullptr);
    // Every pixel of the large picture counts: two taps would leave out most of them. The height is rounded,
    // and no border is to make up for it.
    gst_util_set_object_arg(G_OBJECT(scale), "method", "bilinear2");
    g_object_set(scale, "add-borders", FALSE, nullptr);
    // libjpeg writes the YUV it is given, and readers take it for full range BT.601 (JFIF 1.02), which no
    // camera sends. Given RGB, jpegenc 1.22 writes a JPEG of RGB, which is larger and not known to every
    // reader. And videoconvert 1.22, asked for full range, forgets it where nothing else changes: hence RGB
    // in between.
    set_caps(rgb, "video/x-raw, format=RGB");
    set_caps(colours, "video/x-raw, format=I420, colorimetry=1:4:0:0");
    g_object_set(encoder, "quality", jpeg_quality, nullptr);
    g_object_set(appsink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);

    using Shared = std::shared_ptr<Outlet>;
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* sink, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
        if (sample) kept<Shared>(data)->keep_picture(sample.get());
        return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, keep(outlet_), drop<Shared>);

    // Behind each picture comes an empty buffer. A still frame follows, it says, and a decoder that gets that
    // gives out all it holds: it must not wait for the pictures that would come next. Unlike the end of the
    // stream this leaves the pipeline as it is. Sent from here, on the streaming thread, nobody waits for a
    // decoder that hangs.
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(appsrc_, "src"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad* source, GstPadProbeInfo* info, gpointer data) {
            if (gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)) > 0) return GST_PAD_PROBE_OK;
            gst_pad_push_event(source, gst_video_event_new_still_frame(TRUE));
            Outlet::drained(kept<Shared>(data));
            return GST_PAD_PROBE_DROP;
        },
        keep(outlet_), drop<Shared>);
    if (!pipeline_.play()) return Error{Code::internal, "the pipeline for previews does not start"};
    return ok();
}

void DecodingLine::tell_size(Size size) {
    if (size_ == size) return;
    size_ = size;
    const auto caps = Ref<GstCaps>::adopt(
        gst_caps_new_simple("video/x-raw", "width", G_TYPE_INT, size.width, "height", G_TYPE_INT, size.height,
                            "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr));
    g_object_set(filter_, "caps", caps.get(), nullptr);
}

void DecodingLine::push(const EncodedPicture& picture) {
    tell_size(size_of(*picture.format, picture.width));
    auto* const source = GST_APP_SRC(appsrc_);
    if (!format_ || *format_ != *picture.format) {
        format_ = picture.format;
        gst_app_src_set_caps(source, caps_from_format(*format_).get());
    }
    gst_app_src_push_buffer(source, to_buffer(picture.unit, pictures_++).leak());
    gst_app_src_push_buffer(source, gst_buffer_new());
}

}  // namespace rill::preview
