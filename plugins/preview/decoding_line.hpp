// The pipeline behind Decoder: appsrc ! decoder ! videoscale ! videoconvert twice ! jpegenc ! appsink.
#pragma once

#include "decoder.hpp"

#include <rill/pipeline.hpp>
#include <rill/ref.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace rill::preview {

/// Threading: made, used and destroyed on the loop.
class DecodingLine {
  public:
    /// What became of a picture. Also called, with an error, when the pipeline fails at another time. On the
    /// loop, never after the destructor.
    using Report = std::function<void(Result<Ref<GBytes>>)>;

    /// For pictures of this codec. Error: unavailable (what has to be installed), internal.
    static Result<std::unique_ptr<DecodingLine>> create(Loop& loop, const Format& format, Report report);
    DecodingLine(const DecodingLine&) = delete;
    DecodingLine& operator=(const DecodingLine&) = delete;
    ~DecodingLine();

    Codec codec() const { return codec_; }
    /// Not before the one before was reported.
    void push(const EncodedPicture& picture);

  private:
    struct Outlet;
    DecodingLine(Loop& loop, Codec codec, Report report);
    Result<> build(const Format& format);
    void tell_size(Size size);

    const Codec codec_;
    std::shared_ptr<Outlet> outlet_;
    Pipeline pipeline_;
    // Of the pipeline.
    GstElement* appsrc_ = nullptr;
    GstElement* filter_ = nullptr;

    std::shared_ptr<const Format> format_;  // of the caps that were sent last
    std::optional<Size> size_;
    std::uint64_t pictures_ = 0;
};

}  // namespace rill::preview
