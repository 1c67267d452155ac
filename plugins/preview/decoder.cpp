#include "decoder.hpp"

#include "decoding_line.hpp"

#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace rill::preview {

namespace {

constexpr int most_height = 2160;

}  // namespace

Size size_of(const Format& format, int width) {
    const double aspect = pixel_aspect(format) * std::max(format.width, 1) / std::max(format.height, 1);
    const double half = std::clamp(width / aspect / 2, 1.0, most_height / 2.0);
    return {width, 2 * static_cast<int>(std::lround(half))};
}

Decoder::Decoder(Loop& loop, std::chrono::milliseconds patience) : loop_(loop), patience_(patience) {}

Decoder::~Decoder() = default;

Result<> Decoder::prepare(const EncodedPicture& picture) {
    if (line_ && line_->codec() == picture.format->codec) return ok();
    line_.reset();
    auto line = DecodingLine::create(loop_, *picture.format,
                                     [this](Result<Ref<GBytes>> jpeg) { finish(std::move(jpeg)); });
    if (!line) return line.error();
    line_ = *std::move(line);
    return ok();
}

void Decoder::decode(const EncodedPicture& picture, Done done) {
    done_ = std::move(done);
    if (const auto ready = prepare(picture); !ready) {
        deadline_ =
            loop_.after(std::chrono::milliseconds(0), [this, error = ready.error()] { finish(error); });
        return;
    }
    deadline_ = loop_.after(patience_, [this] {
        finish(Error{Code::timeout, fmt::format("the decoder said nothing for {} ms", patience_.count())});
    });
    line_->push(picture);
}

void Decoder::rest() {
    if (!done_) line_.reset();
}

void Decoder::finish(Result<Ref<GBytes>> jpeg) {
    deadline_.cancel();
    // Whatever is wrong with it: the next picture gets another one.
    if (!jpeg) line_.reset();
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(jpeg));
}

}  // namespace rill::preview
