// From a keyframe to a small JPEG.
#pragma once

#include <rill/loop.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace rill::preview {

class DecodingLine;

struct Size {
    int width = 0;
    int height = 0;
    bool operator==(const Size&) const = default;
};

/// As wide as asked for, as high as the picture is then on a screen with square pixels. Both even; the height
/// is between 2 and 2160, however odd the picture is.
Size size_of(const Format& format, int width);

/// A keyframe that is in memory.
struct EncodedPicture {
    std::shared_ptr<const Format> format;
    Ref<GBytes> unit;  ///< as in AccessUnit
    int width = 0;     ///< of the JPEG
};

/// Who makes pictures. Threading: made, used and destroyed on one loop.
class PictureMaker {
  public:
    using Done = std::function<void(Result<Ref<GBytes>>)>;
    virtual ~PictureMaker() = default;
    /// `done` is called once, later, on the loop, and not any more when the maker is gone. Not before the one
    /// before is done.
    virtual void decode(const EncodedPicture& picture, Done done) = 0;
    /// Gives back what it keeps for the next picture, when none is under way.
    virtual void rest() = 0;
};

/// Decodes one picture at a time, in a pipeline that stays for the next one of the same codec: a change of
/// format or size is a change of caps, and between pictures the decoder is drained. What fails takes its
/// pipeline along.
///
/// GStreamer's own threads do the work.
class Decoder final : public PictureMaker {
  public:
    explicit Decoder(Loop& loop, std::chrono::milliseconds patience);
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() override;

    /// Errors: unavailable (no decoder for the codec, with its package), internal (not to be decoded),
    /// timeout (it said nothing for as long as `patience`).
    void decode(const EncodedPicture& picture, Done done) override;
    void rest() override;

  private:
    void finish(Result<Ref<GBytes>> jpeg);
    Result<> prepare(const EncodedPicture& picture);

    Loop& loop_;
    const std::chrono::milliseconds patience_;
    std::unique_ptr<DecodingLine> line_;
    Done done_;
    Timer deadline_;
};

}  // namespace rill::preview
