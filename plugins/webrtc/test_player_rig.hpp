// A viewer of "cam1" with a clock of the test's: what a player sends it, when, and with which media time.
#pragma once

#include "catch.hpp"
#include "player.hpp"
#include "test_recordings.hpp"

#include <gst/gst.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>

namespace rill::webrtc::test {

using namespace std::chrono_literals;

struct Sent {
    std::size_t stream;
    std::int64_t utc_us;
    Nanoseconds media_time, send_at;
    bool keyframe;
};

/// The fragments that units were taken from, as long as any of their units lives.
class Fragments {
  public:
    Fragments() = default;
    Fragments(const Fragments&) = delete;
    Fragments& operator=(const Fragments&) = delete;
    void note(const AccessUnit& unit) {
        GstMiniObject* fragment = GST_MINI_OBJECT_CAST(gst_buffer_peek_memory(unit.buffer.get(), 0)->parent);
        const std::lock_guard lock(mutex_);
        if (alive_.insert(fragment).second) gst_mini_object_weak_ref(fragment, forget, this);
    }
    std::size_t alive() const {
        const std::lock_guard lock(mutex_);
        return alive_.size();
    }

  private:
    static void forget(gpointer self, GstMiniObject* fragment) {
        auto* fragments = static_cast<Fragments*>(self);
        const std::lock_guard lock(fragments->mutex_);
        fragments->alive_.erase(fragment);
    }
    mutable std::mutex mutex_;
    std::set<GstMiniObject*> alive_;  // locked: mutex_
};

/// Sound is stream 0, pictures are stream 1.
struct PlayerRig {
    struct TestClock final : Clock {
        Nanoseconds at = 100s;
        Nanoseconds now() const override { return at; }
    };
    struct Alarm {
        Nanoseconds at{0};
        std::function<void()> work;
    };

    Fragments fragments;  // first: units may outlive the player
    rill::test::MemoryArchive archive;
    Recordings recordings{archive};
    TestClock clock;
    std::vector<std::function<void()>> posted;  // touched only while the archive is idle
    Alarm alarm;
    std::vector<Sent> sent;
    std::function<void()> on_sent;
    std::vector<Sought> answers;
    std::vector<std::string> troubles;
    bool can_make = true;
    int making_begun = 0;
    std::size_t pushed = 0;
    int begun = 0, moved = 0, edges = 0, wakes = 0;
    std::size_t sent_before_begin = 0;
    std::shared_ptr<Player> player;

    /// Recorded sound is G.711; where the viewer's is not, it is "made" with a delay of one turn of the loop.
    explicit PlayerRig(Codec sound = Codec::pcmu) {
        Player::Given given;
        given.clock = &clock;
        given.archive = &archive;
        given.path = "cam1";
        // In the order of browsers' offers.
        for (const Codec codec : {Codec::h264, sound}) {
            const std::size_t stream = codec == Codec::h264 ? 1 : 0;
            given.streams.push_back(
                {codec, [this, stream](const rtp::Payload& payload, Nanoseconds media, Nanoseconds send_at) {
                     sent.push_back({stream, payload.unit->utc_us, media, send_at, payload.unit->keyframe});
                     fragments.note(*payload.unit);
                     if (on_sent) on_sent();
                 }});
        }
        given.transcode = [this](const auto&, Codec codec, auto made, const auto&) -> Result<PushSound> {
            if (!can_make) return Error{Code::unavailable, "no encoder is installed"};
            ++making_begun;
            auto format = std::make_shared<Format>(*sound_format());
            format->codec = codec;
            return PushSound([this, made, format](const AccessUnit& unit) {
                ++pushed;
                auto out = std::make_shared<AccessUnit>(unit);
                out->format = format;
                out->utc_us = 0;
                posted.push_back([made, out] { made(out); });
            });
        };
        given.post = [this](std::function<void()> work) { posted.push_back(std::move(work)); };
        given.after = [this](std::chrono::milliseconds delay, std::function<void()> work) {
            alarm = {clock.at + delay, std::move(work)};
            return Timer();
        };
        given.begins = [this] {
            ++begun;
            sent_before_begin = sent.size();
        };
        given.moved = [this] { ++moved; };
        given.at_edge = [this] { ++edges; };
        given.trouble = [this](const std::string& what) { troubles.push_back(what); };
        player = std::make_shared<Player>(std::move(given));
    }

    ~PlayerRig() {
        player.reset();
        archive.settle();
    }
    PlayerRig(const PlayerRig&) = delete;
    PlayerRig& operator=(const PlayerRig&) = delete;

    void settle() {
        archive.settle();
        while (!posted.empty()) {
            const auto work = std::exchange(posted, {});
            for (const auto& one : work)
                one();
            archive.settle();
        }
    }
    void pass(Nanoseconds time) {
        const Nanoseconds end = clock.at + time;
        settle();
        while (alarm.work && alarm.at <= end) {
            clock.at = std::max(clock.at, alarm.at);
            ++wakes;
            std::exchange(alarm.work, nullptr)();
            settle();
        }
        clock.at = end;
    }
    Player::Done answer() {
        return [this](const Sought& sought) { answers.push_back(sought); };
    }
    void seek(double seconds, double rate = 1, bool waits = false) {
        player->seek(at_us(seconds), rate, waits, answer());
        settle();
    }
    /// What was sent of the pictures, from the n-th on; forgets nothing.
    std::vector<Sent> pictures(std::size_t from = 0) const {
        std::vector<Sent> found;
        std::ranges::copy_if(sent, std::back_inserter(found),
                             [](const Sent& one) { return one.stream == 1; });
        found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(std::min(from, found.size())));
        return found;
    }
    std::vector<Sent> sound() const {
        std::vector<Sent> found;
        std::ranges::copy_if(sent, std::back_inserter(found),
                             [](const Sent& one) { return one.stream == 0; });
        return found;
    }
    /// By how much the picture that should be shown now, by what was sent, is off the position.
    double position_error() const {
        std::int64_t shown = 0;
        for (const Sent& one : pictures()) {
            if (one.send_at <= clock.at) shown = one.utc_us;
        }
        return std::abs(static_cast<double>(player->position() - shown)) / 1e6;
    }
};

/// The places of pictures: every one, `apart` from each other, media time and time of sending alike.
inline void check_places(const std::vector<Sent>& pictures, double step_seconds, Nanoseconds apart) {
    REQUIRE(pictures.size() > 2);
    for (std::size_t at = 1; at < pictures.size(); ++at) {
        INFO("picture " << at);
        CHECK(pictures[at].utc_us - pictures[at - 1].utc_us == std::llround(step_seconds * 1e6));
        CHECK(std::chrono::abs(pictures[at].media_time - pictures[at - 1].media_time - apart) < 1ms);
        CHECK(std::chrono::abs(pictures[at].send_at - pictures[at].media_time) < 2ms);
    }
}

inline double seconds(const Sent& one) {
    return static_cast<double>(one.utc_us - at_us(0)) / 1e6;
}

}  // namespace rill::webrtc::test
