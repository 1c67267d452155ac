// Plays a recording to one viewer: what is shown when, at any speed.
#pragma once

#include "recorded_sound.hpp"
#include "replay_loader.hpp"

#include <rill/archive.hpp>
#include <rill/clock.hpp>
#include <rill/loop.hpp>
#include <rill/media/rtp.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::webrtc {

/// Speeds: 0 holds the picture; 0.25 to 4 show every one; faster ones, up to 64, and all below 0, from -0.25
/// to -64, show keyframes. Sound is there at 1.
bool is_speed(double rate);

/// What came of a jump.
struct Sought {
    enum class Kind {
        shown = 1,
        nothing,   ///< nothing is recorded there or behind it; what was shown goes on
        failed,    ///< nothing can be read now; what was shown goes on
        replaced,  ///< another jump came before it was done
    };
    Kind kind = Kind::shown;
    std::optional<std::int64_t> before_us = std::nullopt;  ///< nothing: where the recording ends, UTC
    Error error{Code::internal, ""};                       ///< of failed
};

/// Puts recorded units on the time line of showing: a unit that is to be seen at a running time has this as
/// its media time, so that a viewer's RTP timestamps go on over every jump, also to what is live.
///
/// Threading: the path's loop.
class Player : public std::enable_shared_from_this<Player> {
  public:
    /// One of the viewer's streams. `send` gets units in order: the media time that the RTP timestamp says,
    /// and when the first packet leaves.
    struct Stream {
        Codec codec;
        std::function<void(const rtp::Payload&, Nanoseconds media_time, Nanoseconds send_at)> send;
    };
    /// Callbacks may destroy the player's owner's reference to it.
    struct Given {
        const Clock* clock;
        Archive* archive;  ///< outlives it
        std::string path;
        std::vector<Stream> streams;  ///< not empty
        /// For sound beside pictures that was recorded in another codec than a stream's; null: it is silent.
        TranscodeSound transcode;
        /// To the loop, or nowhere when the path goes. Any thread.
        std::function<void(std::function<void()>)> post;
        /// As Loop::after(): for tick().
        std::function<Timer(std::chrono::milliseconds, std::function<void()>)> after;
        std::function<void()> begins;   ///< once, before the first unit: what is live must end now
        std::function<void()> moved;    ///< it has arrived somewhere else, or its speed has changed
        std::function<void()> at_edge;  ///< everything recorded was shown
        std::function<void(const std::string&)> trouble;  ///< something was passed over
    };
    using Done = std::function<void(const Sought&)>;
    explicit Player(Given given);

    /// Holds, without a jump, what is shown already. In place of a first seek().
    void hold(std::int64_t shown_us);
    /// Shows what was recorded at a time, or else after it, or for a speed below 0 before it; until it is
    /// found, what is shown goes on. `waits`: for what is to be recorded soon.
    void seek(std::int64_t time_us, double rate, bool waits, Done done);
    void set_rate(double rate, Done done);
    /// Shows the next picture (1) or the one before (-1) and holds it.
    void step(int frames, Done done);
    /// Whoever waits for a jump is told that another one came.
    void cancel();
    /// Sends what is shown once more, from its keyframe: the viewer has lost it. Not when it has been held
    /// for a while.
    void refresh();

    double rate() const { return rate_; }
    /// What is being shown, UTC.
    std::int64_t position() const;
    /// Whether it has taken over from what is live.
    bool has_begun() const { return begun_; }
    /// Sends what is due. Called by its timer, and by tests.
    void tick();

  private:
    /// What has been handed to the transport is shown even after a jump: so little.
    static constexpr Nanoseconds lookahead = std::chrono::milliseconds(20);
    /// Between looks for what is not recorded yet, and after failures.
    static constexpr Nanoseconds retry_interval = std::chrono::milliseconds(200);
    /// By how much the same picture's time may differ, live and recorded.
    static constexpr std::int64_t same_picture_us = 1000;

    enum class Phase {
        idle = 1,     ///< nothing was found yet
        approaching,  ///< what lies between keyframe and target goes out in a burst
        running,
        holding,
    };
    struct Unit {
        UnitPtr unit;
        bool after_gap = false;
    };
    struct Lane {
        std::size_t stream;
        bool picture;
        rtp::Packetiser packetiser;
        std::deque<Unit> units;
        /// In another codec; null for what leads.
        std::unique_ptr<RecordedSound> sound = nullptr;
    };
    struct Jump {
        std::shared_ptr<ReplayLoader> loader;
        std::int64_t time_us = 0;
        double rate = 1;
        bool backwards = false;
        bool beyond = false;  ///< to the first picture after the time
        bool waits = false;
        Nanoseconds give_up_at{0};
        std::optional<Nanoseconds> retry_at;
        unsigned skipped = 0;
        Done done;
    };

    static bool shows_keyframes(double rate);
    void jump(Jump jump);
    void look_for_jump(bool at_its_time);
    void jump_answered(std::uint64_t epoch, ReplayPart part);
    void finish_jump(const Sought& sought);
    void land(ReplayPart part);
    void report_arrival(const Sought& sought);

    // Between jumps (player_showing.cpp).
    void clear();
    void load(Nanoseconds now);
    void loaded(std::uint64_t epoch, ReplayPart part);
    void at_edge(const ReplayPart& part, Nanoseconds now);
    void take(ReplayPart part);
    void take_other_sound(Lane& lane, ReplayPart& part) const;
    bool has_enough(Nanoseconds now) const;
    std::int64_t heard_from_us() const;
    bool leaves_out(const AccessUnit& picture);

    void anchor(std::int64_t time_us, Nanoseconds at);
    Nanoseconds due(std::int64_t time_us) const;
    std::int64_t playing_us() const;
    bool release_picture(Nanoseconds now);
    void make_sound(Nanoseconds now);
    void release_sound(Nanoseconds now);
    Nanoseconds leader_due() const;
    void arrive(Nanoseconds now);
    void send(Lane& lane, const UnitPtr& unit, Nanoseconds media_time, Nanoseconds send_at);
    void schedule(Nanoseconds now);
    void trouble(const Error& error);
    Lane& leader() { return lanes_[leader_]; }
    const Lane& leader() const { return lanes_[leader_]; }

    const Given given_;
    std::vector<Lane> lanes_;
    std::size_t leader_ = 0;  // the lane that leads: pictures if there are any
    // State.
    std::optional<Jump> jump_;
    Done arrival_;                          // of a jump or step that holds its picture
    std::uint64_t jumps_ = 0;               // what was asked for before the newest is dropped
    std::shared_ptr<ReplayLoader> loader_;  // of what is played
    std::uint64_t epoch_ = 0;               // counts what it was
    Phase phase_ = Phase::idle;
    bool begun_ = false;
    double rate_ = 1;
    bool of_keyframes_ = false;  // what is in the lanes
    bool loading_ = false;
    Nanoseconds retry_at_{0};
    Nanoseconds give_up_at_{0};    // waiting for a target that is not recorded yet
    std::int64_t loaded_us_ = 0;   // up to where, in the direction of playing
    std::int64_t target_us_ = 0;   // of approaching
    bool beyond_ = false;          // the target is the first picture after it
    bool needs_keyframe_ = false;  // something is missing
    std::int64_t anchor_us_ = 0;
    Nanoseconds anchor_at_{0};
    std::int64_t shown_us_ = 0;  // of the leader's newest unit that was sent
    Nanoseconds free_at_{0};     // when what was sent has left
    bool reorders_ = false;
    std::int64_t last_pts_us_ = 0;
    std::string last_trouble_;
    Timer timer_;
};

}  // namespace rill::webrtc
