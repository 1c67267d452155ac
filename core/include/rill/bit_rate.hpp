// What the encoders of renditions may use.
#pragma once

#include <rill/media/access_unit.hpp>

namespace rill {

/// Bits a second that an encoder may use at the most, averaged over its buffer of one second. `rendered`: a
/// picture of this size and frame rate (0 where unknown), or sound of so many channels.
int most_bits_per_second(const Format& rendered);

}  // namespace rill
