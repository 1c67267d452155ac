// A picture on its way: as the decoder made it, and as it goes out.
#pragma once

#include "pixels.hpp"

#include <rill/media/access_unit.hpp>
#include <rill/ref.hpp>

#include <gst/video/video.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rill::frames {

struct Stamp {
    /// Counts the pictures of the path that were decoded, from 1, as long as the process lives.
    std::uint64_t sequence = 0;
    std::int64_t utc_us = 0;  ///< capture, microseconds since 1970
    Nanoseconds running{0};   ///< capture, running time (rill/clock.hpp)
};

/// Immutable, shared by all conversions.
struct Decoded {
    Ref<GstBuffer> buffer;
    GstVideoInfo info;
    Stamp stamp;
};
using DecodedPtr = std::shared_ptr<const Decoded>;

struct Colour {
    std::uint8_t matrix = 0;  ///< ISO/IEC 23091-2; 0 where it means nothing
    bool is_full_range = true;
};

struct Description {
    PixelFormat format = PixelFormat::bgr;
    Size size;
    Stamp stamp;
    Colour colour;
};

/// Immutable, shared by all who asked for the same.
struct Picture {
    Description description;
    Ref<GBytes> message;  ///< the header (header.hpp) and the payload
    Ref<GBytes> payload;  ///< the same bytes, without the header
};
using PicturePtr = std::shared_ptr<const Picture>;

}  // namespace rill::frames
