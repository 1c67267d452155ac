// Makes loops: paints the pictures or the sound of a few seconds and encodes them as fast as the machine can.
#pragma once

#include "loop.hpp"
#include "spec.hpp"

#include <stop_token>
#include <string>

namespace rill::camera {

/// At least this long, and a whole number of GOPs.
constexpr int loop_seconds = 10;

/// Blocking, for any thread. unavailable names the package when an encoder is missing or when `stop` is
/// asked.
Result<Loop> encode_loop(const VideoSpec& video, const std::stop_token& stop);
Result<Loop> encode_loop(const AudioSpec& audio, const std::stop_token& stop);

/// The encoder and parser of a video codec for gst_parse_launch, from raw pictures to whole access units with
/// their parameter sets in the caps. `live` trades compression for no delay.
Result<std::string> video_encoder(const VideoSpec& video, bool live);

}  // namespace rill::camera
