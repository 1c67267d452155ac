// Encoders set for live viewers: no look-ahead, no B-frames, a keyframe every two seconds.
#pragma once

#include <rill/media/access_unit.hpp>

namespace rill {

/// `format`: size and frame rate of what is made, 0 where unknown.
void set_for_pictures(GstElement* encoder, const Format& format, bool one_thread);
void set_for_sound(GstElement* encoder, const Format& format);

}  // namespace rill
