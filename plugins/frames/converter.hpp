// From what the decoder made to rows of pixels.
#pragma once

#include "picture.hpp"

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace rill {

template <>
struct Free<GstVideoConverter> {
    void operator()(GstVideoConverter* converter) const { gst_video_converter_free(converter); }
};

}  // namespace rill

namespace rill::frames {

/// What an encoder takes for this format; of raw ones themselves.
PixelFormat source_of(PixelFormat format);

/// Scales and converts in one step, and keeps what that needs for the next picture of the same kind.
///
/// Colours: the matrix and range of the stream are honoured. bgr and rgb are full-range R'G'B'; gray is the
/// luma in full range, as OpenCV and ffmpeg have it; i420 stays as the stream is. For jpeg it gives the
/// planes of i420 in full-range BT.601, which readers of JPEG expect (JFIF 1.02), for png rgb: see
/// source_of().
///
/// Threading: one thread at a time.
class Converter {
  public:
    /// `out` has bytes_of(source_of(format), size). Error: internal, when the decoder's pixels are in a
    /// form that GStreamer cannot convert.
    Result<Colour> convert(const Decoded& source, PixelFormat format, Size size, std::span<std::uint8_t> out);

  private:
    struct Kind {
        GstVideoInfo source;
        PixelFormat format;
        Size size;
    };
    bool fits(const Decoded& source, PixelFormat format, Size size) const;
    Result<> prepare(const Decoded& source, PixelFormat format, Size size);

    Kind kind_{};
    GstVideoInfo target_{};
    Owned<GstVideoConverter> converter_;
};

}  // namespace rill::frames
