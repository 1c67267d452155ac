// The sound of every camera: a soft 220 Hz tone, and on each full second 200 ms of 1 kHz.
#pragma once

#include <cstdint>
#include <vector>

namespace rill::camera {

/// The beep and the white box of the picture begin together at each full second and last this long.
constexpr int beep_milliseconds = 200;

/// `count` mono samples from a full second on. The sound repeats exactly after each second.
std::vector<std::int16_t> tone(int rate, std::size_t count);

}  // namespace rill::camera
