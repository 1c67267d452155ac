#include <rill/bit_rate.hpp>

#include <algorithm>

namespace rill {

namespace {

constexpr double assumed_rate = 30;
constexpr int assumed_pixels = 1280 * 720;
// A camera's noise at 720p30 comes to 2.8 Mbit/s with it, a still scene to a tenth of that.
constexpr double bits_per_pixel = 0.1;
constexpr int least_kilobits = 100;
constexpr int sound_bits_per_channel = 48'000;

}  // namespace

int most_bits_per_second(const Format& rendered) {
    if (rendered.kind == Kind::audio) return rendered.channels * sound_bits_per_channel;
    const double rate = rendered.frame_rate > 0 ? rendered.frame_rate : assumed_rate;
    const int pixels = rendered.width > 0 ? rendered.width * rendered.height : assumed_pixels;
    return 1000 * std::max(least_kilobits, static_cast<int>(pixels * rate * bits_per_pixel / 1000));
}

}  // namespace rill
