#include "raw_picture.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <array>

namespace rill::camera {
namespace {

std::string_view title(VideoCodec codec) {
    switch (codec) {
        case VideoCodec::h264:
            return "H264";
        case VideoCodec::h265:
            return "H265";
        case VideoCodec::mjpeg:
            return "MJPEG";
    }
    return "";
}

/// Tells where the rows are: GStreamer's own layout pads each to a multiple of 4, the painter's does not.
void add_layout(GstBuffer* buffer, const VideoSpec& video) {
    const auto width = static_cast<std::size_t>(video.width);
    const std::size_t luma = width * static_cast<std::size_t>(video.height);
    std::array<gsize, GST_VIDEO_MAX_PLANES> offsets = {0, luma, luma + luma / 4, 0};
    std::array<gint, GST_VIDEO_MAX_PLANES> strides = {video.width, video.width / 2, video.width / 2, 0};
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420,
                                   static_cast<guint>(video.width), static_cast<guint>(video.height), 3,
                                   offsets.data(), strides.data());
}

void mark_as_fields(GstBuffer* buffer) {
    GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_TFF);
}

}  // namespace

std::string raw_video_caps(const VideoSpec& video) {
    return fmt::format(
        "video/x-raw,format=I420,width={},height={},framerate={}/1,pixel-aspect-ratio={}/{},"
        "colorimetry=bt709,{}",
        video.width, video.height, video.fps, video.pixel_width, video.pixel_height,
        video.interlaced ? "interlace-mode=interleaved,field-order=top-field-first"
                         : "interlace-mode=progressive");
}

std::string caption(const VideoSpec& video) {
    return fmt::format("{} {}X{} {}FPS{}", title(video.codec), video.width, video.height, video.fps,
                       video.interlaced ? " INTERLACED" : "");
}

Ref<GstBuffer> raw_picture(Painter& painter, const Scene& scene, const VideoSpec& video) {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, painter.frame_size(), nullptr));
    add_layout(buffer.get(), video);
    if (video.interlaced) mark_as_fields(buffer.get());
    GstMapInfo map;
    if (gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE) == FALSE) return buffer;
    if (video.interlaced) {
        painter.paint_fields(scene, map.data);
    } else {
        painter.paint(scene, map.data);
    }
    gst_buffer_unmap(buffer.get(), &map);
    return buffer;
}

}  // namespace rill::camera
