// GStreamer's decoders and encoders, found by rank as decodebin finds them.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

namespace rill {

enum class Hardware {
    preferred = 1,  ///< elements that use a device come first (va, nvcodec, v4l2)
    avoided,        ///< elements that run on the processor only
};

/// A decoder that takes units of the format as they are, the highest rank first. Error: unavailable, with
/// the package that would bring one.
Result<Ref<GstElement>> make_decoder(const Format& format, Hardware hardware);
/// An encoder of the codec, for H.264 one of the constrained baseline profile. Error: as make_decoder().
Result<Ref<GstElement>> make_encoder(Codec codec, Hardware hardware);

/// Whether an element of a factory's uses a device, by the factory's class.
bool is_hardware(GstElement* element);
/// A thread for each core costs memory, which not every use is worth. No effect on elements that do not let
/// themselves be told.
void use_one_thread(GstElement* decoder);

}  // namespace rill
