#include <rill/bit_rate.hpp>

#include <algorithm>

namespace rill {

namespace {

constexpr double assumed_rate = 30;
constexpr int assumed_pixels = 1280 * 720;
// A camera's noise at 720p30 comes to 2.8 Mbit/s with it, a still scene to a tenth of that.
constexpr double bits_per_pixel = 0.1;
constexpr double least_kilobits = 100, most_kilobits = 1'000'000;
constexpr int sound_bits_per_channel = 48'000;

}  // namespace

int most_bits_per_second(const Format& rendered) {
    if (rendered.kind == Kind::audio) return rendered.channels * sound_bits_per_channel;
    const double rate = rendered.frame_rate > 0 ? rendered.frame_rate : assumed_rate;
    const double pixels = rendered.width > 0 ? 1.0 * rendered.width * rendered.height : assumed_pixels;
    return 1000 *
           static_cast<int>(std::clamp(pixels * rate * bits_per_pixel / 1000, least_kilobits, most_kilobits));
}

}  // namespace rill
