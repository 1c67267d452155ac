#include "pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rill::frames {

namespace {

struct Row {
    PixelFormat format;
    std::string_view name, media_type;
    GstVideoFormat raw;
};
constexpr std::string_view bytes_type = "application/octet-stream";
constexpr auto rows = std::to_array<Row>({
    {PixelFormat::bgr, "bgr", bytes_type, GST_VIDEO_FORMAT_BGR},
    {PixelFormat::rgb, "rgb", bytes_type, GST_VIDEO_FORMAT_RGB},
    {PixelFormat::gray, "gray", bytes_type, GST_VIDEO_FORMAT_GRAY8},
    {PixelFormat::i420, "i420", bytes_type, GST_VIDEO_FORMAT_I420},
    {PixelFormat::jpeg, "jpeg", "image/jpeg", GST_VIDEO_FORMAT_ENCODED},
    {PixelFormat::png, "png", "image/png", GST_VIDEO_FORMAT_ENCODED},
});

const Row& row_of(PixelFormat format) {
    return rows[static_cast<std::size_t>(format) - 1];
}

int side(double pixels) {
    return static_cast<int>(std::clamp(std::round(pixels), 1.0, static_cast<double>(most_side)));
}

}  // namespace

std::string_view to_string(PixelFormat format) {
    return row_of(format).name;
}

std::optional<PixelFormat> pixel_format(std::string_view name) {
    const auto found = std::ranges::find(rows, name, &Row::name);
    if (found == rows.end()) return std::nullopt;
    return found->format;
}

bool is_raw(PixelFormat format) {
    return row_of(format).raw != GST_VIDEO_FORMAT_ENCODED;
}

std::string_view media_type(PixelFormat format) {
    return row_of(format).media_type;
}

Size resolve(Size wanted, const GstVideoInfo& source) {
    if (wanted.width > 0 && wanted.height > 0) return wanted;
    const double width = GST_VIDEO_INFO_WIDTH(&source);
    const double height = GST_VIDEO_INFO_HEIGHT(&source);
    const double pixel =
        GST_VIDEO_INFO_PAR_N(&source) > 0 && GST_VIDEO_INFO_PAR_D(&source) > 0
            ? static_cast<double>(GST_VIDEO_INFO_PAR_N(&source)) / GST_VIDEO_INFO_PAR_D(&source)
            : 1.0;
    const double shape = pixel * width / std::max(height, 1.0);
    Size size{side(width), side(height)};
    if (wanted.width > 0) size = {wanted.width, side(wanted.width / shape)};
    if (wanted.height > 0) size = {side(wanted.height * shape), wanted.height};
    // A strip of a source may have a side that is bounded and still too many pixels.
    while (std::int64_t{size.width} * size.height > most_pixels)
        size = {std::max(size.width / 2, 1), std::max(size.height / 2, 1)};
    return size;
}

std::uint32_t stride_of(PixelFormat format, Size size) {
    if (!is_raw(format)) return 0;
    const bool is_colour = format == PixelFormat::bgr || format == PixelFormat::rgb;
    return static_cast<std::uint32_t>(size.width) * (is_colour ? 3 : 1);
}

std::size_t bytes_of(PixelFormat format, Size size) {
    return tight_info(format, size).size;
}

GstVideoInfo tight_info(PixelFormat format, Size size) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, row_of(format).raw, static_cast<guint>(size.width),
                              static_cast<guint>(size.height));
    const auto stride = static_cast<gint>(stride_of(format, size));
    const auto rows_bytes = static_cast<gsize>(stride) * static_cast<gsize>(size.height);
    info.stride[0] = stride;
    info.offset[0] = 0;
    info.size = rows_bytes;
    if (format != PixelFormat::i420) return info;
    // Odd sides: the last column and row have colour, too.
    const int half = (size.width + 1) / 2;
    const auto plane = static_cast<gsize>(half) * static_cast<gsize>((size.height + 1) / 2);
    info.stride[1] = info.stride[2] = half;
    info.offset[1] = rows_bytes;
    info.offset[2] = rows_bytes + plane;
    info.size = rows_bytes + 2 * plane;
    return info;
}

}  // namespace rill::frames
