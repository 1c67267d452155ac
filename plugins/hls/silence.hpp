// Silent audio frames, made without an encoder. A player shows nothing where one of the tracks of a
// presentation has no data, so a microphone that falls silent must not stop the picture.
#pragma once

#include <rill/media/access_unit.hpp>

#include <memory>
#include <vector>

namespace rill::hls {

/// One frame of silence in this format; empty when it cannot be made (AAC with a channel layout of its own).
std::vector<std::uint8_t> silent_frame(const Format& format);

/// How long a frame of this format lasts, if its units do not say: 1024 samples of AAC, 20 ms of Opus.
Nanoseconds frame_duration(const Format& format);

/// A unit with `frame` at this time.
UnitPtr silent_unit(const std::shared_ptr<const Format>& format, const std::vector<std::uint8_t>& frame,
                    Nanoseconds dts, Nanoseconds duration);

}  // namespace rill::hls
