#include <rill/media/formats.hpp>
#include <rill/rendition.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rill {

namespace {

constexpr int opus_rate = 48'000, g711_rate = 8'000;
constexpr int most_pixels = 16'384;

/// The nearest even number, of two the lower.
int even(double pixels) {
    return 2 * static_cast<int>(std::ceil(std::clamp(pixels, 2.0, double{most_pixels}) / 2 - 0.5));
}

}  // namespace

std::string to_string(const Rendition& rendition) {
    if (rendition.max_height == 0) return std::string(to_string(rendition.codec));
    return fmt::format("{} {}p", to_string(rendition.codec), rendition.max_height);
}

PictureSize display_size(const Format& format, int max_height) {
    if (format.width <= 0 || format.height <= 0) return {};
    const bool is_smaller = max_height > 0 && max_height < format.height;
    const double height = is_smaller ? max_height : format.height;
    const double width = height * format.width / format.height * pixel_aspect(format);
    return {even(width), even(height)};
}

Format rendered_format(const Format& source, const Rendition& rendition) {
    Format format;
    format.kind = source.kind;
    format.codec = rendition.codec;
    if (source.kind == Kind::audio) {
        const bool is_g711 = format.codec == Codec::pcmu || format.codec == Codec::pcma;
        format.sample_rate = is_g711 ? g711_rate : opus_rate;
        format.channels = is_g711 ? 1 : std::clamp(source.channels, 1, 2);
        return format;
    }
    const PictureSize size = display_size(source, rendition.max_height);
    format.width = size.width;
    format.height = size.height;
    format.frame_rate = source.frame_rate;
    if (format.codec == Codec::h264) format.profile = "Baseline";
    if (format.codec == Codec::vp9) format.profile = "0";
    return format;
}

}  // namespace rill
