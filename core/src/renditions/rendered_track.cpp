#include "rendered_track.hpp"

#include <rill/clock.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t only_track = 0;
// Keyframes are two seconds apart at the frame rate that the source says it has, which it may not reach.
constexpr GopCache::Bounds cache{.duration = 30s, .bytes = 16u << 20};

}  // namespace

/// Its end is counted on the path's loop.
class RenderedTrack::CountedLink final : public Link {
  public:
    CountedLink(std::unique_ptr<Link> link, const std::shared_ptr<RenderedTrack>& owner)
        : departure_(owner), link_(std::move(link)) {}
    UnitPtr take() override { return link_->take(); }
    LinkStatistics statistics() const override { return link_->statistics(); }

  private:
    struct Departure {
        explicit Departure(const std::shared_ptr<RenderedTrack>& track) : owner(track), door(track->door_) {}
        Departure(const Departure&) = delete;
        Departure& operator=(const Departure&) = delete;
        ~Departure() {
            door->post([weak = owner] {
                if (const auto track = weak.lock()) track->left();
            });
        }

        const std::weak_ptr<RenderedTrack> owner;
        const std::shared_ptr<Door> door;
    };

    const Departure departure_;
    /// Last: it goes first, and until it is gone its callback, on another thread, takes from it by take().
    const std::unique_ptr<Link> link_;
};

RenderedTrack::RenderedTrack(Given given)
    : given_(std::move(given)),
      log_(given_.log.child(fmt::format("rendition {}", to_string(given_.rendition)))),
      out_(std::make_shared<Stream>(cache)),
      door_(std::make_shared<Door>(
          [loop = given_.loop](std::function<void()> work) { loop->post(std::move(work)); })),
      backoff_(std::hash<std::string>()(to_string(given_.rendition))) {}

RenderedTrack::~RenderedTrack() {
    door_->close();
}

Result<> RenderedTrack::begin() {
    if (auto begun = attempt(); !begun) return begun;
    log_.info("made of {} by {}", to_string(given_.track.format->codec), transcoder_->elements());
    left();  // nobody is linked yet
    return ok();
}

Result<> RenderedTrack::attempt() {
    Transcoder::Given given{.source = given_.source,
                            .track = given_.track.index,
                            .format = given_.track.format,
                            .rendition = given_.rendition,
                            .hardware = hardware_,
                            .out = out_,
                            .loop = given_.loop,
                            .log = log_,
                            .failed = [this](const Error& error) { failed(error); }};
    auto transcoder = Transcoder::create(std::move(given));
    if (!transcoder) return transcoder.error();
    transcoder_ = *std::move(transcoder);
    began_ = running_time();
    watch_ = StallWatch(began_);
    reason_.clear();
    given_.changed();
    return ok();
}

void RenderedTrack::failed(const Error& error) {
    const Nanoseconds held = transcoder_ ? running_time() - began_ : 0ns;
    if (transcoder_) {
        cpu_time_before_ += transcoder_->cpu_time();
        if (transcoder_->uses_hardware()) hardware_ = Hardware::avoided;
    }
    transcoder_.reset();
    ++failures_;
    reason_ = error.message;
    const auto wait = backoff_.next(error.code, held);
    log_.warning("failed: {}; starting again in {:.1f} s", error.message,
                 static_cast<double>(wait.count()) / 1000);
    retry_ = given_.loop->after(wait, [this] {
        if (const auto begun = attempt(); !begun) failed(begun.error());
    });
    given_.changed();
}

std::unique_ptr<Link> RenderedTrack::link(LinkSpec spec) {
    ++links_;
    linger_.cancel();
    return std::make_unique<CountedLink>(out_->link(only_track, std::move(spec)), shared_from_this());
}

/// One link fewer, or none yet.
void RenderedTrack::left() {
    if (links_ > 0) --links_;
    if (links_ > 0) return;
    linger_ = given_.loop->after(given_.linger, [this] {
        log_.info("ended: nobody uses it");
        // It destroys this.
        const auto unused = given_.unused;
        unused();
    });
}

void RenderedTrack::request_keyframe() {
    if (transcoder_) transcoder_->request_keyframe();
}

void RenderedTrack::follow(const std::shared_ptr<const Format>& format) {
    const bool is_other_codec = format->codec != given_.track.format->codec;
    given_.track.format = format;
    if (!is_other_codec) return;
    log_.info("the source has become {}", to_string(format->codec));
    if (transcoder_) cpu_time_before_ += transcoder_->cpu_time();
    transcoder_.reset();
    retry_.cancel();
    if (const auto begun = attempt(); !begun) failed(begun.error());
}

void RenderedTrack::second() {
    if (!transcoder_) return;
    if (!watch_.is_stalled(transcoder_->taken(), given_out(), running_time())) return;
    failed({Code::timeout, fmt::format("{} make nothing of what the source sends", transcoder_->elements())});
}

/// Units, by all its transcoders.
std::uint64_t RenderedTrack::given_out() const {
    const auto counters = out_->counters();
    return counters.tracks.empty() ? 0 : counters.tracks.front().units;
}

RenditionStatus RenderedTrack::status() const {
    RenditionStatus out;
    out.source = given_.track.format;
    out.rendition = given_.rendition;
    out.links = links_;
    out.running = transcoder_ != nullptr;
    out.reason = reason_;
    out.failures = failures_;
    out.cpu_us = cpu_time_before_.count();
    if (transcoder_) {
        out.cpu_us += transcoder_->cpu_time().count();
        out.elements = transcoder_->elements();
        out.hardware = transcoder_->uses_hardware();
    }
    const auto counters = out_->counters();
    if (!counters.tracks.empty()) {
        out.format = counters.tracks.front().format;
        out.units = counters.tracks.front().units;
        out.bytes = counters.tracks.front().bytes;
    }
    return out;
}

}  // namespace rill
