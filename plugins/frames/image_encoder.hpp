// From rows of pixels to JPEG or PNG: appsrc ! jpegenc|pngenc ! appsink.
#pragma once

#include "picture.hpp"

#include <rill/loop.hpp>
#include <rill/pipeline.hpp>
#include <rill/result.hpp>

#include <memory>
#include <optional>

namespace rill::frames {

/// Threading: made on the loop, destroyed on any thread; encode() on one thread at a time.
class ImageEncoder {
  public:
    /// `format` is jpeg or png. Error: unavailable, with the package that is missing.
    static Result<std::unique_ptr<ImageEncoder>> create(Loop& loop, PixelFormat format);

    /// Takes what Converter makes for the format. Waits for the encoder, two seconds at most. Errors:
    /// internal, timeout.
    ///
    /// libjpeg writes the YUV that it is given, and of RGB jpegenc makes a JPEG of RGB, which is large and
    /// which not every reader knows.
    Result<Ref<GBytes>> encode(const Ref<GBytes>& pixels, Size size);

  private:
    ImageEncoder(Loop& loop, PixelFormat format);
    Result<> build();

    const PixelFormat format_;
    Pipeline pipeline_;
    // Of the pipeline.
    GstElement* appsrc_ = nullptr;
    GstElement* appsink_ = nullptr;

    std::optional<Size> size_;
    bool broken_ = false;
};

}  // namespace rill::frames
