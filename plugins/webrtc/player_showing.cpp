// What a player does between jumps: it reads ahead, and shows each unit in its time.
#include "catch_up.hpp"
#include "player.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace rill::webrtc {

namespace {

using namespace std::chrono_literals;

/// What is read ahead, in time of showing and in bytes.
constexpr Nanoseconds enough = 1500ms;
constexpr std::size_t enough_bytes = 8u << 20;
/// Sound of another codec is made so long before it is heard: it takes less.
constexpr Nanoseconds made_ahead = 400ms;
/// A unit that is later goes on from now, instead of in haste.
constexpr Nanoseconds too_late = 200ms;
/// Between keyframes, where only they are shown, and between the pictures at a gap.
constexpr Nanoseconds keyframe_step = 100ms, picture_step = 40ms;

}  // namespace

// Reading ahead.

void Player::clear() {
    for (Lane& lane : lanes_) {
        lane.units.clear();
        if (lane.sound) lane.sound->clear();
    }
    loading_ = false;
    needs_keyframe_ = true;
    last_pts_us_ = std::numeric_limits<std::int64_t>::min();
}

bool Player::has_enough(Nanoseconds now) const {
    const std::deque<Unit>& units = leader().units;
    const auto is_gap = [](const Unit& unit) { return unit.after_gap; };
    if (!units.empty() && std::ranges::any_of(units, is_gap)) return true;
    std::size_t bytes = 0;
    for (const Unit& unit : units)
        bytes += gst_buffer_get_size(unit.unit->buffer.get());
    if (bytes > enough_bytes) return true;
    switch (phase_) {
        case Phase::approaching:
            return !units.empty() && units.back().unit->utc_us > target_us_;
        case Phase::running:
            return due(loaded_us_) > now + enough;
        default:
            return true;
    }
}

void Player::load(Nanoseconds now) {
    if (!loader_ || loading_ || now < retry_at_ || has_enough(now)) return;
    loading_ = true;
    const auto done = [weak = weak_from_this(), post = given_.post, epoch = epoch_](ReplayPart part) {
        post([weak, epoch, part = std::move(part)]() mutable {
            if (const auto self = weak.lock()) self->loaded(epoch, std::move(part));
        });
    };
    if (!of_keyframes_) return loader_->next(done);
    const auto step = static_cast<std::int64_t>(std::abs(rate_) * (keyframe_step / 1us));
    loader_->next_keyframe(rate_ < 0 ? loaded_us_ - step : loaded_us_ + step, rate_ < 0, done);
}

void Player::loaded(std::uint64_t epoch, ReplayPart part) {
    if (epoch != epoch_) return;
    loading_ = false;
    const Nanoseconds now = given_.clock->now();
    switch (part.kind) {
        case ReplayPart::Kind::edge:
            return at_edge(part, now);
        case ReplayPart::Kind::failed:
            trouble(part.error);
            retry_at_ = now + retry_interval;
            break;
        case ReplayPart::Kind::skipped:
            trouble(part.error);
            needs_keyframe_ = true;
            if (of_keyframes_) loaded_us_ = rate_ < 0 ? part.time.start_us - 1 : part.time.end_us;
            break;
        case ReplayPart::Kind::units:
            take(std::move(part));
            break;
    }
    tick();
}

void Player::at_edge(const ReplayPart& part, Nanoseconds now) {
    retry_at_ = now + retry_interval;
    if (phase_ == Phase::approaching && leader().units.empty()) {
        if (!part.still_open || now >= give_up_at_) arrive(now);
        return tick();
    }
    const bool is_shown = leader().units.empty() && phase_ == Phase::running && due(shown_us_) <= now;
    if (!is_shown) return schedule(now);
    const bool backwards = rate_ < 0;
    phase_ = Phase::holding;
    timer_.cancel();
    if (!backwards) return given_.at_edge();
    // The first picture that there is.
    rate_ = 0;
    given_.moved();
}

void Player::take(ReplayPart part) {
    loaded_us_ = of_keyframes_ ? part.time.start_us : part.time.end_us;
    bool after_gap = part.jumped;
    for (Lane& lane : lanes_) {
        const auto track = std::ranges::find_if(part.units, [&](const std::vector<UnitPtr>& one) {
            return !one.empty() && one.front()->format->codec == given_.streams[lane.stream].codec;
        });
        if (track == part.units.end()) {
            take_other_sound(lane, part);
            continue;
        }
        const bool leads = &lane == &leader();
        std::vector<UnitPtr> units = std::exchange(*track, {});
        if (of_keyframes_) units.resize(leads && units.front()->keyframe ? 1 : 0);
        for (UnitPtr& unit : units) {
            if (lane.picture ? leaves_out(*unit) : !leads && unit->utc_us < heard_from_us()) continue;
            lane.units.push_back({std::move(unit), leads && std::exchange(after_gap, false)});
        }
    }
    // A file's first picture may come after its beginning: backwards, that would lead to it again and again.
    if (of_keyframes_ && rate_ > 0 && !leader().units.empty())
        loaded_us_ = std::max(loaded_us_, leader().units.back().unit->utc_us);
}

void Player::take_other_sound(Lane& lane, ReplayPart& part) const {
    const auto sound = std::ranges::find_if(part.units, [](const std::vector<UnitPtr>& one) {
        return !one.empty() && one.front()->format->kind == Kind::audio;
    });
    if (!lane.sound || of_keyframes_ || sound == part.units.end()) return;
    for (UnitPtr& unit : *sound) {
        if (unit->utc_us >= heard_from_us()) lane.sound->read(std::move(unit));
    }
}

/// Sound from before the target would be heard; a picture from before is what others refer to.
std::int64_t Player::heard_from_us() const {
    return phase_ == Phase::approaching ? target_us_ : std::numeric_limits<std::int64_t>::min();
}

bool Player::leaves_out(const AccessUnit& picture) {
    if (needs_keyframe_ && !picture.keyframe) return true;
    needs_keyframe_ = false;
    // As with what is live: browsers show pictures in the order of decoding.
    if (picture.utc_us < last_pts_us_ && !of_keyframes_) reorders_ = true;
    last_pts_us_ = picture.utc_us;
    return reorders_ && picture.disposable;
}

// Time.

void Player::anchor(std::int64_t time_us, Nanoseconds at) {
    anchor_us_ = time_us;
    anchor_at_ = at;
}

Nanoseconds Player::due(std::int64_t time_us) const {
    const double microseconds = static_cast<double>(time_us - anchor_us_) / rate_;
    return anchor_at_ +
           std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double, std::micro>(microseconds));
}

/// Where playing is between two pictures.
std::int64_t Player::playing_us() const {
    if (phase_ != Phase::running || of_keyframes_) return shown_us_;
    const Nanoseconds passed = std::max(given_.clock->now() - anchor_at_, Nanoseconds(0));
    const double there = std::chrono::duration<double, std::micro>(passed).count() * rate_;
    // Not past what was sent: the next part may be late, or there may be none.
    return std::min(anchor_us_ + static_cast<std::int64_t>(there), std::max(shown_us_, anchor_us_));
}

std::int64_t Player::position() const {
    return phase_ == Phase::approaching ? target_us_ : playing_us();
}

// Showing.

void Player::tick() {
    const auto self = shared_from_this();
    const Nanoseconds now = given_.clock->now();
    if (jump_ && jump_->retry_at && now >= *jump_->retry_at) {
        jump_->retry_at.reset();
        look_for_jump(true);
    }
    while (release_picture(now)) {
    }
    make_sound(now);
    release_sound(now);
    load(now);
    schedule(now);
}

/// Sends the leader's next unit, or gets it nearer to that; false when it is not due.
bool Player::release_picture(Nanoseconds now) {
    std::deque<Unit>& units = leader().units;
    if (units.empty()) return false;
    const UnitPtr next = units.front().unit;
    if (phase_ == Phase::approaching) {
        if (of_keyframes_) {
            target_us_ = next->utc_us;
            arrive(now);
            return true;
        }
        if (beyond_ && next->utc_us > target_us_ + same_picture_us) {
            target_us_ = next->utc_us;
            beyond_ = false;
        }
        if (next->utc_us > target_us_ + (beyond_ ? same_picture_us : 0)) {
            arrive(now);
            return true;
        }
        if (free_at_ > now + lookahead) return false;
        units.pop_front();
        const Nanoseconds at = std::max(now, free_at_);
        send(leader(), next, at, at);
        return true;
    }
    if (phase_ != Phase::running) return false;
    if (units.front().after_gap) {
        const Nanoseconds at = std::max(now, leader_due());
        if (at > now + lookahead) return false;
        units.front().after_gap = false;
        anchor(next->utc_us, at);
        given_.moved();
        return true;
    }
    const Nanoseconds at = due(next->utc_us);
    if (now - at > too_late) {
        anchor(next->utc_us, now);
        return true;
    }
    if (leader_due() > now + lookahead) return false;
    units.pop_front();
    send(leader(), next, at, std::max({at, now, free_at_}));
    return true;
}

/// When the leader's next unit can go: when what was sent has left, or behind a gap a step after that.
Nanoseconds Player::leader_due() const {
    const Unit& next = leader().units.front();
    if (next.after_gap) return due(shown_us_) + (of_keyframes_ ? keyframe_step : picture_step);
    return std::max(due(next.unit->utc_us), free_at_);
}

void Player::make_sound(Nanoseconds now) {
    if (phase_ != Phase::running || of_keyframes_) return;
    const std::int64_t now_us = anchor_us_ + static_cast<std::int64_t>((now - anchor_at_) / 1us * rate_);
    for (const Lane& lane : lanes_) {
        if (!lane.sound) continue;
        if (rate_ != 1) {
            lane.sound->pass(now_us);
            continue;
        }
        lane.sound->make(anchor_us_, now_us + made_ahead / 1us,
                         anchor_at_ - std::chrono::microseconds(anchor_us_));
    }
}

void Player::release_sound(Nanoseconds now) {
    if (phase_ != Phase::running) return;
    for (Lane& lane : lanes_) {
        if (&lane == &leader()) continue;
        while (!lane.units.empty()) {
            const UnitPtr next = lane.units.front().unit;
            const Nanoseconds at = due(next->utc_us);
            if (at > now + lookahead) break;
            lane.units.pop_front();
            const bool is_heard = rate_ == 1 && next->utc_us >= anchor_us_ && now - at <= too_late;
            if (is_heard) send(lane, next, at, std::max(at, now));
        }
    }
}

/// The target is shown; or as near as it gets.
void Player::arrive(Nanoseconds now) {
    if (leader().units.empty() && !of_keyframes_) target_us_ = shown_us_;
    beyond_ = false;
    // It would not be heard, and while one step follows the other nothing else lets go of it.
    for (Lane& lane : lanes_) {
        if (&lane == &leader()) continue;
        std::erase_if(lane.units, [this](const Unit& unit) { return unit.unit->utc_us < target_us_; });
        if (lane.sound) lane.sound->pass(target_us_);
    }
    anchor(target_us_, std::max(now, free_at_));
    phase_ = rate_ == 0 ? Phase::holding : Phase::running;
    if (rate_ == 0) given_.moved();
    report_arrival({});
}

void Player::send(Lane& lane, const UnitPtr& unit, Nanoseconds media_time, Nanoseconds send_at) {
    const bool leads = &lane == &leader();
    if (leads) shown_us_ = unit->utc_us;
    const auto payload = lane.packetiser.packetise(unit);
    if (!payload) return trouble(payload.error());
    if (leads) free_at_ = send_at + CatchUp::time_to_send((*payload)->bytes);
    given_.streams[lane.stream].send(**payload, media_time, send_at);
}

/// Sets the timer for what comes next.
void Player::schedule(Nanoseconds now) {
    const bool is_moving = phase_ == Phase::approaching || phase_ == Phase::running;
    const bool waits = jump_ && jump_->retry_at;
    if (!is_moving && !waits) return timer_.cancel();
    Nanoseconds wake = now + retry_interval;
    if (waits) wake = std::min(wake, *jump_->retry_at);
    if (retry_at_ > now) wake = std::min(wake, retry_at_);
    if (phase_ == Phase::approaching && !leader().units.empty())
        wake = std::min(wake, free_at_ - lookahead / 2);
    if (phase_ == Phase::running) {
        for (const Lane& lane : lanes_) {
            if (lane.units.empty()) continue;
            const Nanoseconds at = &lane == &leader() ? leader_due() : due(lane.units.front().unit->utc_us);
            wake = std::min(wake, at - lookahead / 2);
        }
    }
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(wake - now);
    timer_ = given_.after(std::max(delay, std::chrono::milliseconds(2)), [this] { tick(); });
}

}  // namespace rill::webrtc
