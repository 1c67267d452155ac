#include "transcoder.hpp"

#include <rill/sound_transcoder.hpp>

#include <utility>

namespace rill {

namespace {

constexpr std::size_t only_track = 0;
// Nobody joins later.
constexpr GopCache::Bounds no_past{.duration = Nanoseconds(0), .bytes = 0};

}  // namespace

/// Between two streams, as a rendition is.
struct SoundTranscoder::State {
    const Given given;
    const std::shared_ptr<Stream> in = std::make_shared<Stream>(no_past);
    const std::shared_ptr<Stream> out = std::make_shared<Stream>(no_past);
    const std::uint64_t source = in->begin_source();
    const std::size_t track = in->claim(source, Kind::audio);
    std::unique_ptr<Transcoder> transcoder = nullptr;
    std::unique_ptr<Link> link = nullptr;

    bool closed = false;

    /// What is told may end it.
    void hand_out() {
        while (!closed) {
            const UnitPtr unit = link->take();
            if (!unit) return;
            given.made(unit);
        }
    }
};

Result<std::unique_ptr<SoundTranscoder>> SoundTranscoder::create(Given given) {
    const auto state = std::make_shared<State>(State{.given = std::move(given)});
    auto transcoder = Transcoder::create({.source = state->in,
                                          .track = state->track,
                                          .format = state->given.format,
                                          .rendition = {.codec = state->given.codec},
                                          .hardware = Hardware::avoided,
                                          .out = state->out,
                                          .loop = state->given.loop,
                                          .log = state->given.log,
                                          .failed = state->given.failed});
    if (!transcoder) return transcoder.error();
    state->transcoder = *std::move(transcoder);
    LinkSpec spec;
    spec.start = StartAt::live;
    spec.ready = [loop = state->given.loop, weak = std::weak_ptr(state)] {
        loop->post([weak] {
            if (const auto self = weak.lock()) self->hand_out();
        });
    };
    state->link = state->out->link(only_track, std::move(spec));
    return std::unique_ptr<SoundTranscoder>(new SoundTranscoder(state));
}

SoundTranscoder::~SoundTranscoder() {
    state_->closed = true;
}

void SoundTranscoder::push(const AccessUnit& unit) {
    RawUnit raw;
    raw.format = unit.format;
    raw.buffer = unit.buffer;
    raw.pts = raw.dts = unit.pts;
    raw.duration = unit.duration;
    raw.keyframe = true;
    state_->in->push(state_->source, state_->track, std::move(raw));
}

}  // namespace rill
