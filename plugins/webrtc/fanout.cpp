#include "fanout.hpp"

#include <rill/clock.hpp>

#include <algorithm>

namespace rill::webrtc {

namespace {

constexpr std::size_t max_gop_bytes = 32u << 20;
constexpr std::size_t max_gop_units = 2048;

/// In a group of pictures, to say that too many are left out.
constexpr unsigned least_judged = 12;

/// The delay of a source's live units; more than this is a unit that waited somewhere.
constexpr Nanoseconds longest_transit = std::chrono::milliseconds(500);

}  // namespace

Fanout::Fanout(SinkHost& host, const Track& track, std::function<void()> out_of_order)
    : track_(track),
      log_(host.log()),
      out_of_order_(std::move(out_of_order)),
      packetiser_(Feed::max_payload) {
    LinkSpec spec;
    spec.start = track.format->kind == Kind::video ? StartAt::cached_keyframe : StartAt::live;
    spec.ready = [this] { wake(); };
    link_ = host.link(track, std::move(spec));
    source_ = link_.get();
    wake();
    is_made_ = true;
}

Fanout::~Fanout() = default;

void Fanout::add(const std::shared_ptr<Feed>& feed) {
    feed->hold(this);
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
    feed.hold(this);
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
    if (is_in_the_way(*unit)) return;
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
        feed->push(*payload, this);
}

/// Without the B-frames that nothing refers to, the order of decoding is that of presentation for many
/// streams.
bool Fanout::is_in_the_way(const AccessUnit& unit) {
    if (unit.format->kind != Kind::video) return false;
    if (unit.pts < last_pts_ && !unit.discontinuity) reorders_ = true;
    last_pts_ = unit.pts;
    const bool is_left_out = reorders_ && unit.disposable;
    if (!is_out_of_order_) judge(unit, is_left_out);
    return is_left_out;
}

void Fanout::judge(const AccessUnit& unit, bool is_left_out) {
    const bool goes_back = !is_left_out && unit.pts < last_kept_pts_ && !unit.discontinuity;
    if (!is_left_out) last_kept_pts_ = unit.pts;
    if (unit.keyframe) pictures_ = left_out_ = 0;
    ++pictures_;
    if (is_left_out) ++left_out_;
    const bool is_sparse = pictures_ >= least_judged && left_out_ * 2 > pictures_;
    if (!goes_back && !is_sparse) return;
    is_out_of_order_ = true;
    log_.info("{}: the order of its pictures needs a rendition", to_string(unit.format->codec));
    if (is_made_ && out_of_order_) out_of_order_();
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
