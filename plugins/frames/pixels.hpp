// The forms in which pictures go out, their sizes, and how their bytes lie.
#pragma once

#include <gst/video/video.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

namespace rill::frames {

/// The numbers are those of the header (header.hpp).
enum class PixelFormat : std::uint32_t { bgr = 1, rgb, gray, i420, jpeg, png };

std::string_view to_string(PixelFormat format);
std::optional<PixelFormat> pixel_format(std::string_view name);
/// Encoded pictures have no rows.
bool is_raw(PixelFormat format);
/// "image/jpeg"; raw pictures are application/octet-stream.
std::string_view media_type(PixelFormat format);

/// In pixels.
struct Size {
    int width = 0;
    int height = 0;
    bool operator==(const Size&) const = default;
};

inline constexpr int most_side = 8192;
/// 8K, and nothing much larger: what a picture takes is bounded by it.
inline constexpr std::int64_t most_pixels = std::int64_t{8192} * 4320;

/// What somebody wants. A side of 0 follows from the source: both from its size, one from its shape.
struct Wanted {
    PixelFormat format = PixelFormat::bgr;
    Size size;
    bool operator==(const Wanted&) const = default;
    /// Some order.
    bool operator<(const Wanted& other) const {
        return std::tie(format, size.width, size.height) <
               std::tie(other.format, other.size.width, other.size.height);
    }
};

/// The size that `wanted` means for a source. With one side given, the shape is kept as a screen with square
/// pixels shows it. Within the limits above.
Size resolve(Size wanted, const GstVideoInfo& source);

// Of raw formats. Rows lie without padding, planes one behind the other.

/// Bytes from a row to the next one; of the first plane.
std::uint32_t stride_of(PixelFormat format, Size size);
std::size_t bytes_of(PixelFormat format, Size size);
/// For GstVideoFrame and GstVideoMeta. Colorimetry: as GStreamer has it by default.
GstVideoInfo tight_info(PixelFormat format, Size size);

}  // namespace rill::frames
