#include "tone.hpp"

#include <cmath>
#include <numbers>

namespace rill::camera {

std::vector<std::int16_t> tone(int rate, std::size_t count) {
    constexpr double soft = 2000;
    constexpr double loud = 12000;
    const auto beep_samples = static_cast<std::size_t>(rate) * beep_milliseconds / 1000;
    std::vector<std::int16_t> samples(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t in_second = i % static_cast<std::size_t>(rate);
        const double radians = 2 * std::numbers::pi * static_cast<double>(in_second) / rate;
        const double beep = in_second < beep_samples ? loud * std::sin(1000 * radians) : 0;
        samples[i] = static_cast<std::int16_t>(std::lround(soft * std::sin(220 * radians) + beep));
    }
    return samples;
}

}  // namespace rill::camera
