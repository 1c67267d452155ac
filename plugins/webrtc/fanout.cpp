#include "fanout.hpp"

#include <rill/clock.hpp>

#include <algorithm>

namespace rill::webrtc {

namespace {

constexpr std::size_t max_gop_bytes = 32u << 20;
constexpr std::size_t max_gop_units = 2048;

/// The delay of a source's live units; more than this is a unit that waited somewhere.
constexpr Nanoseconds longest_transit = std::chrono::milliseconds(500);

}  // namespace

Fanout::Fanout(SinkHost& host, const Track& track)
    : track_(track), log_(host.log()), packetiser_(Feed::max_payload) {
    LinkSpec spec;
    spec.start = track.format->kind == Kind::video ? StartAt::cached_keyframe : StartAt::live;
    spec.ready = [this] { wake(); };
    link_ = host.link(track, std::move(spec));
    source_ = link_.get();
    wake();
}

Fanout::~Fanout() = default;

void Fanout::add(const std::shared_ptr<Feed>& feed) {
    feed->hold();
    Start from;
    {
        const std::lock_guard lock(mutex_);
        auto feeds = std::make_shared<Feeds>(*feeds_);
        feeds->push_back(feed);
        feeds_ = std::move(feeds);
        from = start();
    }
    feed->start(from.cached, from.transit);
}

void Fanout::remove(const Feed& feed) {
    const std::lock_guard lock(mutex_);
    auto feeds = std::make_shared<Feeds>(*feeds_);
    std::erase_if(*feeds, [&feed](const auto& one) { return one.get() == &feed; });
    feeds_ = std::move(feeds);
}

void Fanout::replay(Feed& feed) {
    feed.hold();
    Start from;
    {
        const std::lock_guard lock(mutex_);
        from = start();
    }
    feed.start(from.cached, from.transit);
}

Fanout::Start Fanout::start() const {
    return {{gop_.begin(), gop_.end()}, transit_};
}

/// The link calls from its streaming thread, the constructor from the loop: one of them drains, the other
/// leaves it more to do.
void Fanout::wake() {
    if (wakes_.fetch_add(1) != 0) return;
    unsigned seen = 0;
    do {
        seen = wakes_;
        drain();
    } while (!wakes_.compare_exchange_strong(seen, 0));
}

void Fanout::drain() {
    Link* link = source_;
    if (link == nullptr) return;
    while (const UnitPtr unit = link->take())
        deliver(unit);
}

void Fanout::deliver(const UnitPtr& unit) {
    // A new codec is a new negotiation: the sink ends the sessions.
    if (unit->format->codec != track_.format->codec) return;
    // Browsers show pictures in the order of decoding. Without the B-frames that nothing refers to, that is
    // the order of presentation for most streams.
    if (unit->pts < last_pts_ && !unit->discontinuity) reorders_ = true;
    last_pts_ = unit->pts;
    if (reorders_ && unit->disposable) return;

    auto payload = packetiser_.packetise(unit);
    if (!payload) {
        log_.debug("{}", payload.error().message);
        return;
    }
    std::shared_ptr<const Feeds> feeds;
    {
        const std::lock_guard lock(mutex_);
        remember(*payload);
        feeds = feeds_;
    }
    for (const auto& feed : *feeds)
        feed->push(*payload);
}

void Fanout::remember(const rtp::PayloadPtr& payload) {
    const AccessUnit& unit = *payload->unit;
    if (unit.format->kind != Kind::video) return;
    if (unit.keyframe) {
        gop_.clear();
        gop_bytes_ = 0;
    }
    // Half a group of pictures shows nothing.
    if (!unit.keyframe && gop_.empty()) return;
    gop_.push_back(payload);
    gop_bytes_ += payload->bytes;
    if (gop_bytes_ > max_gop_bytes || gop_.size() > max_gop_units) {
        gop_.clear();
        gop_bytes_ = 0;
    }
    const Nanoseconds transit = running_time() - unit.pts;
    transit_ = std::clamp(transit, Nanoseconds(0), longest_transit);
}

}  // namespace rill::webrtc
