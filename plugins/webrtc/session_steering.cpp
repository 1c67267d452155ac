// Sessions: from live to what was recorded, and back.
#include "session.hpp"

#include <rill/clock.hpp>
#include <rill/sound_transcoder.hpp>

#include <algorithm>
#include <utility>

namespace rill::webrtc {

namespace {

using namespace std::chrono_literals;

Refusal refusal(Code code, std::string message) {
    return {.error = {code, std::move(message)}};
}

}  // namespace

bool Session::is_shown_live() const {
    return feeds_are_live_ || (!player_ && !given_.start_us);
}

/// The capture time of the picture that is shown live, or of the sound where there are none; while that is
/// awaited, of what was shown last.
std::int64_t Session::live_us() const {
    const auto is_picture = [](const Choice& choice) { return choice.track.format->kind == Kind::video; };
    const auto& choices = given_.selection.choices;
    const bool has_pictures = std::ranges::any_of(choices, is_picture);
    std::int64_t newest_us = 0;
    for (std::size_t at = 0; at < feeds_.size(); ++at) {
        if (is_picture(choices[at]) == has_pictures) newest_us = std::max(newest_us, feeds_[at]->live_us());
    }
    if (newest_us != 0) return newest_us;
    return last_shown_us_ != 0 ? last_shown_us_ : utc_now_us();
}

Position Session::position() const {
    if (is_shown_live()) return {live_us(), 1, true};
    if (player_ && player_->has_begun()) return {player_->position(), player_->rate(), false};
    return {given_.start_us.value_or(utc_now_us()), 1, false};
}

/// The connection is there: media may go.
void Session::begin() {
    if (given_.events.moved) reports_ = given_.host->loop().every(1s, [this] { report(); });
    if (!given_.start_us || given_.host->archive() == nullptr) {
        join_live();
        return report();
    }
    player().seek(*given_.start_us, 1, true, [this](const Sought& sought) {
        const bool is_there = sought.kind == Sought::Kind::shown || sought.kind == Sought::Kind::replaced;
        if (!is_there) go_live();
    });
}

void Session::steer(const Command& command, Answer answer) {
    if (!is_connected_) return answer(refusal(Code::unavailable, "the session is not connected yet"));
    if (command.kind == Command::Kind::live) {
        go_live();
        return answer(position());
    }
    if (given_.host->archive() == nullptr)
        return answer(refusal(Code::unavailable, "nothing is recorded here: there is no archive"));
    if (const auto refused = recordings_refused(given_.selection))
        return answer(refusal(refused->code, refused->message));
    if (command.kind == Command::Kind::speed) return change_speed(command, answer);
    if (command.kind == Command::Kind::step) {
        hold();
        return player().step(command.frames, when_sought(command, std::move(answer)));
    }
    const double rate = player().rate();
    player().seek(command.time_us, rate, false, when_sought(command, std::move(answer)));
}

void Session::change_speed(const Command& command, const Answer& answer) {
    const bool is_live = is_shown_live();
    // What has not happened yet cannot be shown.
    if (is_live && !player_ && command.rate >= 1) return answer(position());
    if (command.rate == 0) hold();
    const auto done = when_sought(command, answer);
    if (!is_live || player_) return player().set_rate(command.rate, done);
    player().seek(live_us(), command.rate, true, done);
}

/// Shows nothing newer than now.
void Session::hold() {
    if (!feeds_are_live_) return;
    const std::int64_t shown_us = live_us();
    leave_live();
    if (const auto old = std::exchange(player_, nullptr)) old->cancel();
    player().hold(shown_us);
    report();
}

Player::Done Session::when_sought(const Command& command, Answer answer) {
    return [weak = weak_from_this(), command, answer = std::move(answer)](const Sought& sought) {
        const auto self = weak.lock();
        if (self && !self->is_closed_) self->sought(sought, command, answer);
    };
}

void Session::sought(const Sought& sought, const Command& command, const Answer& answer) {
    const auto stay = [this] {
        if (!player_ || !player_->has_begun()) go_live();
    };
    switch (sought.kind) {
        case Sought::Kind::shown:
        case Sought::Kind::replaced:
            return answer(position());
        case Sought::Kind::failed:
            stay();
            return answer(refusal(sought.error.code, sought.error.message));
        case Sought::Kind::nothing:
            break;
    }
    // There is no picture before the first one.
    const bool is_at_end = command.kind == Command::Kind::step || command.rate < 0;
    const bool can_go_on = command.path_is_online && !feeds_are_live_;
    const bool asks_for_end = command.path_is_online && command.kind == Command::Kind::seek;
    if (is_at_end && player_ && player_->has_begun()) return answer(position());
    if (can_go_on || asks_for_end) {
        go_live();
        return answer(position());
    }
    stay();
    Refusal none = refusal(Code::not_found, "nothing is recorded then, nor later");
    none.of_time = true;
    none.before_us = sought.before_us;
    answer(none);
}

/// With a pipeline of the session's own, while it is heard.
TranscodeSound Session::transcode_sound() const {
    return [loop = &given_.host->loop(), log = log_](const auto& format, Codec codec, auto made,
                                                     auto failed) -> Result<PushSound> {
        auto transcoder = SoundTranscoder::create({.format = format,
                                                   .codec = codec,
                                                   .loop = loop,
                                                   .log = log,
                                                   .made = std::move(made),
                                                   .failed = std::move(failed)});
        if (!transcoder) return transcoder.error();
        const std::shared_ptr<SoundTranscoder> shared = *std::move(transcoder);
        return PushSound([shared](const AccessUnit& unit) { shared->push(unit); });
    };
}

/// Made with the first jump.
Player& Session::player() {
    if (player_) return *player_;
    Player::Given given;
    given.clock = &system_clock();
    given.archive = given_.host->archive();
    given.path = given_.host->path();
    for (std::size_t at = 0; at < feeds_.size(); ++at) {
        given.streams.push_back(
            {given_.selection.choices[at].track.format->codec,
             [feed = feeds_[at]](const rtp::Payload& payload, Nanoseconds media_time, Nanoseconds send_at) {
                 feed->play(payload, media_time, send_at);
             }});
    }
    given.transcode = transcode_sound();
    given.post = [door = given_.door](std::function<void()> work) { door->post(std::move(work)); };
    given.after = [loop = &given_.host->loop()](std::chrono::milliseconds delay, std::function<void()> work) {
        return loop->after(delay, std::move(work));
    };
    given.begins = [this] { leave_live(); };
    given.moved = [this] { report(); };
    given.at_edge = [this] { go_live(); };
    given.trouble = [this](const std::string& what) { log_.warning("passed over: {}", what); };
    player_ = std::make_shared<Player>(std::move(given));
    return *player_;
}

void Session::join_live() {
    given_.start_us.reset();
    if (std::exchange(feeds_are_live_, true)) return;
    for (std::size_t at = 0; at < feeds_.size(); ++at) {
        if (given_.fanouts[at]) given_.fanouts[at]->add(feeds_[at]);
    }
}

void Session::leave_live() {
    feeds_are_live_ = false;
    for (std::size_t at = 0; at < feeds_.size(); ++at) {
        if (given_.fanouts[at]) given_.fanouts[at]->remove(*feeds_[at]);
        feeds_[at]->leave();
    }
}

void Session::go_live() {
    const auto player = std::exchange(player_, nullptr);
    if (feeds_are_live_ && !player) return;
    if (player && player->has_begun()) last_shown_us_ = player->position();
    join_live();
    if (player) player->cancel();
    report();
}

void Session::report() {
    if (given_.events.moved) given_.events.moved(position());
}

void Session::request(const Command& command, Answer answer) {
    given_.door->post([weak = weak_from_this(), command, answer = std::move(answer)] {
        const auto self = weak.lock();
        if (self && !self->is_closed_) self->steer(command, answer);
    });
}

void Session::request_position(Answer answer) {
    given_.door->post([weak = weak_from_this(), answer = std::move(answer)] {
        const auto self = weak.lock();
        if (self && !self->is_closed_) answer(self->position());
    });
}

}  // namespace rill::webrtc
