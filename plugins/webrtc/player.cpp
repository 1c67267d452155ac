#include "player.hpp"

#include "feed.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rill::webrtc {

namespace {

using namespace std::chrono_literals;

constexpr double slowest = 0.25, every_picture = 4, fastest = 64;
/// How long a jump waits for what is to be recorded soon.
constexpr Nanoseconds patience = 5s;
/// Within it a viewer notices that it has lost something.
constexpr Nanoseconds loss_time = 1s;
/// Files that cannot be read, one after the other, before a jump fails.
constexpr unsigned most_skipped = 1000;

}  // namespace

bool is_speed(double rate) {
    if (!std::isfinite(rate)) return false;
    return rate == 0 || (std::abs(rate) >= slowest && std::abs(rate) <= fastest);
}

Player::Player(Given given) : given_(std::move(given)) {
    for (std::size_t at = 0; at < given_.streams.size(); ++at) {
        const bool picture = kind_of(given_.streams[at].codec) == Kind::video;
        lanes_.push_back({at, picture, rtp::Packetiser(Feed::max_payload), {}});
        if (picture && !leader().picture) leader_ = at;
    }
    for (Lane& lane : lanes_) {
        if (lane.picture || &lane == &leader() || !given_.transcode) continue;
        lane.sound = std::make_unique<RecordedSound>(
            RecordedSound::Given{.codec = given_.streams[lane.stream].codec,
                                 .transcode = given_.transcode,
                                 .made =
                                     [this, &lane](UnitPtr unit) {
                                         lane.units.push_back({std::move(unit)});
                                         tick();
                                     },
                                 .trouble = [this](const Error& error) { trouble(error); }});
    }
}

bool Player::shows_keyframes(double rate) {
    return rate < 0 || rate > every_picture;
}

void Player::hold(std::int64_t shown_us) {
    begun_ = true;
    rate_ = 0;
    shown_us_ = shown_us;
    phase_ = Phase::holding;
}

void Player::seek(std::int64_t time_us, double rate, bool waits, Done done) {
    Jump next;
    next.time_us = time_us;
    next.rate = rate;
    next.backwards = rate < 0;
    next.waits = waits;
    next.give_up_at = given_.clock->now() + patience;
    next.done = std::move(done);
    jump(std::move(next));
}

void Player::set_rate(double rate, Done done) {
    if (jump_) {
        // What is on its way arrives at the new speed.
        Jump again = *jump_;
        again.rate = rate;
        again.backwards = rate < 0;
        again.done = std::move(done);
        return jump(std::move(again));
    }
    const bool plays_on = rate == 0 || rate == rate_;
    const bool reads_alike = loader_ && !of_keyframes_ && !shows_keyframes(rate);
    if (!plays_on && !reads_alike) return seek(position(), rate, rate < 1, std::move(done));
    const std::int64_t now_us = rate_ == 0 ? shown_us_ : playing_us();
    const Nanoseconds now = given_.clock->now();
    const auto self = shared_from_this();
    rate_ = rate;
    if (phase_ == Phase::running || phase_ == Phase::holding) {
        anchor(now_us, now);
        phase_ = rate == 0 ? Phase::holding : Phase::running;
    }
    given_.moved();
    done({});
    tick();
}

void Player::step(int frames, Done done) {
    const bool in_order = loader_ && !of_keyframes_ && !jump_ && frames > 0;
    if (!in_order) {
        Jump next;
        const std::int64_t from_us = phase_ == Phase::idle && jump_ ? jump_->time_us : position();
        next.time_us = frames > 0 ? from_us : from_us - same_picture_us - 1;
        next.rate = 0;
        next.backwards = frames < 0;
        next.beyond = frames > 0;
        next.waits = true;
        next.give_up_at = given_.clock->now() + patience;
        next.done = std::move(done);
        return jump(std::move(next));
    }
    const auto self = shared_from_this();
    report_arrival({.kind = Sought::Kind::replaced});
    rate_ = 0;
    if (phase_ != Phase::approaching) target_us_ = shown_us_;
    beyond_ = true;
    phase_ = Phase::approaching;
    give_up_at_ = given_.clock->now() + patience;
    arrival_ = std::move(done);
    tick();
}

void Player::refresh() {
    // Browsers ask, too, because nothing comes: what is held would be seen to start anew.
    const bool is_asleep = phase_ == Phase::holding && given_.clock->now() > free_at_ + loss_time;
    if (!jump_ && !is_asleep) seek(position(), rate_, true, [](const Sought&) {});
}

void Player::cancel() {
    const auto self = shared_from_this();
    report_arrival({.kind = Sought::Kind::replaced});
    if (jump_) finish_jump({.kind = Sought::Kind::replaced});
}

// Jumps.

void Player::jump(Jump next) {
    if (jump_) finish_jump({.kind = Sought::Kind::replaced});
    next.loader =
        std::make_shared<ReplayLoader>(*given_.archive, given_.path, given_.streams[leader().stream].codec);
    next.retry_at.reset();
    jump_ = std::move(next);
    ++jumps_;
    look_for_jump(true);
}

/// Looks for the jump's first part: at its time, or behind what was skipped.
void Player::look_for_jump(bool at_its_time) {
    const auto done = [weak = weak_from_this(), post = given_.post, epoch = jumps_](ReplayPart part) {
        post([weak, epoch, part = std::move(part)]() mutable {
            if (const auto self = weak.lock()) self->jump_answered(epoch, std::move(part));
        });
    };
    if (at_its_time) return jump_->loader->seek(jump_->time_us, jump_->backwards, done);
    jump_->loader->next(done);
}

void Player::jump_answered(std::uint64_t epoch, ReplayPart part) {
    if (epoch != jumps_ || !jump_) return;
    const Nanoseconds now = given_.clock->now();
    Sought sought;
    switch (part.kind) {
        case ReplayPart::Kind::units:
            return land(std::move(part));
        case ReplayPart::Kind::skipped:
            trouble(part.error);
            if (++jump_->skipped < most_skipped) return look_for_jump(false);
            sought.kind = Sought::Kind::failed;
            sought.error = part.error;
            break;
        case ReplayPart::Kind::failed:
            sought.kind = Sought::Kind::failed;
            sought.error = part.error;
            break;
        case ReplayPart::Kind::edge:
            if (jump_->waits && part.still_open && now < jump_->give_up_at) {
                jump_->retry_at = now + retry_interval;
                return schedule(now);
            }
            sought.kind = Sought::Kind::nothing;
            sought.before_us = part.before_us;
            break;
    }
    finish_jump(sought);
}

void Player::finish_jump(const Sought& sought) {
    const auto self = shared_from_this();
    const Done done = std::move(jump_->done);
    jump_.reset();
    done(sought);
}

/// The jump's first part is there: it takes the place of what was played.
void Player::land(ReplayPart part) {
    const auto self = shared_from_this();
    if (!std::exchange(begun_, true)) given_.begins();
    report_arrival({.kind = Sought::Kind::replaced});
    clear();
    const Jump jump = *std::exchange(jump_, std::nullopt);
    const Nanoseconds now = given_.clock->now();
    ++epoch_;
    loader_ = jump.loader;
    rate_ = jump.rate;
    of_keyframes_ = shows_keyframes(rate_);
    beyond_ = jump.beyond;
    target_us_ = jump.backwards ? jump.time_us : std::max(jump.time_us, part.time.start_us);
    shown_us_ = loaded_us_ = target_us_;
    phase_ = Phase::approaching;
    retry_at_ = now;
    give_up_at_ = now + (jump.waits ? patience : 0s);
    free_at_ = std::max(now, std::min(free_at_, now + lookahead));
    part.jumped = false;
    take(std::move(part));
    // The first picture is shown a little after its decoding; behind a gap it is what was meant.
    if (!leader().units.empty()) target_us_ = std::max(target_us_, leader().units.front().unit->utc_us);
    arrival_ = jump.done;
    if (rate_ != 0) {
        given_.moved();
        report_arrival({});
    }
    tick();
}

void Player::report_arrival(const Sought& sought) {
    if (const Done done = std::exchange(arrival_, nullptr)) done(sought);
}

void Player::trouble(const Error& error) {
    // A damaged disk says the same again and again.
    if (std::exchange(last_trouble_, error.message) != error.message) given_.trouble(error.message);
}

}  // namespace rill::webrtc
