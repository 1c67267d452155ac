#include "image_encoder.hpp"

#include "converter.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace rill::frames {

namespace {

constexpr GstClockTime patience = 2 * GST_SECOND;
constexpr int jpeg_quality = 85;
/// Of 9. More takes several times as long and saves a few percent of a camera's picture.
constexpr guint png_compression = 1;

}  // namespace

ImageEncoder::ImageEncoder(Loop& loop, PixelFormat format)
    : format_(format), pipeline_("frames-image", loop, [](GstMessage*) {}) {}

Result<std::unique_ptr<ImageEncoder>> ImageEncoder::create(Loop& loop, PixelFormat format) {
    std::unique_ptr<ImageEncoder> encoder(new ImageEncoder(loop, format));
    if (auto built = encoder->build(); !built) return built.error();
    return encoder;
}

Result<> ImageEncoder::build() {
    const bool is_jpeg = format_ == PixelFormat::jpeg;
    const char* const name = is_jpeg ? "jpegenc" : "pngenc";
    appsrc_ = pipeline_.make("appsrc");
    GstElement* const encoder = pipeline_.make(name);
    appsink_ = pipeline_.make("appsink");
    if (encoder == nullptr)
        return Error{Code::unavailable,
                     fmt::format("{} is missing; install gstreamer1.0-plugins-good", name)};
    if (appsrc_ == nullptr || appsink_ == nullptr ||
        gst_element_link_many(appsrc_, encoder, appsink_, nullptr) == FALSE)
        return Error{Code::unavailable, "appsrc and appsink are missing; install gstreamer1.0-plugins-base"};
    if (is_jpeg) {
        g_object_set(encoder, "quality", jpeg_quality, nullptr);
    } else {
        g_object_set(encoder, "compression-level", png_compression, nullptr);
    }
    g_object_set(appsrc_, "format", GST_FORMAT_TIME, nullptr);
    g_object_set(appsink_, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    if (!pipeline_.play()) return Error{Code::internal, fmt::format("{} does not start", name)};
    return ok();
}

Result<Ref<GBytes>> ImageEncoder::encode(const Ref<GBytes>& pixels, Size size) {
    // What came out late would be taken for the next one.
    if (broken_) return Error{Code::internal, "the encoder has failed before"};
    GstVideoInfo info = tight_info(source_of(format_), size);
    if (size_ != size) {
        size_ = size;
        info.fps_n = 0;
        info.fps_d = 1;
        gst_app_src_set_caps(GST_APP_SRC(appsrc_), Ref<GstCaps>::adopt(gst_video_info_to_caps(&info)).get());
    }
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_wrapped_bytes(pixels.get()));
    gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                   static_cast<guint>(size.width), static_cast<guint>(size.height),
                                   GST_VIDEO_INFO_N_PLANES(&info), info.offset, info.stride);
    GST_BUFFER_PTS(buffer.get()) = 0;
    gst_app_src_push_buffer(GST_APP_SRC(appsrc_), buffer.leak());
    const auto sample = Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(appsink_), patience));
    if (!sample) {
        broken_ = true;
        return Error{Code::timeout, fmt::format("the {} encoder said nothing", to_string(format_))};
    }
    GstBuffer* const encoded = gst_sample_get_buffer(sample.get());
    const MappedBuffer mapped(encoded);
    return Ref<GBytes>::adopt(g_bytes_new(mapped.bytes().data(), mapped.bytes().size()));
}

}  // namespace rill::frames
