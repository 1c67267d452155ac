// One viewer, from its offer to its end.
#pragma once

#include "codec_choice.hpp"
#include "fanout.hpp"
#include "feed.hpp"
#include "player.hpp"
#include "settings.hpp"
#include "steering.hpp"
#include "transport.hpp"
#include "viewer_details.hpp"

#include <rill/door.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/sink.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rill::webrtc {

class Session;

/// What a session tells whoever opened it. Called on the path's loop.
struct SessionEvents {
    std::function<void(const Session&, Result<std::string>)>
        answered;                                           ///< once; an error when it ends before
    std::function<void(const std::string& reason)> closed;  ///< once, last
    /// After each jump and change of speed, and once a second while connected.
    std::function<void(const Position&)> moved = nullptr;
};

/// Threading: the path's loop, except secret(), id(), viewer(), since_us(), request() and request_…, which
/// any thread may call.
class Session : public std::enable_shared_from_this<Session> {
  public:
    struct Given {
        SinkHost* host;
        std::shared_ptr<Door> door;
        const Settings* settings;
        TransportFactory make_transport;  ///< tests put their own here
        Offer offer;
        Selection selection;
        /// One for each choice. The same for every viewer: each has a connection, and keys, of its own.
        std::vector<std::uint32_t> ssrcs;
        /// One for each choice. Null until the path is online: what is live is awaited.
        std::vector<std::shared_ptr<Fanout>> fanouts;
        ReaderPtr reader;
        SessionEvents events;
        std::function<void(Session&)> ended;  ///< for the sink: forget me
        /// Begins with what was recorded then (UTC), instead of live.
        std::optional<std::int64_t> start_us = std::nullopt;
    };
    explicit Session(Given given);
    ~Session();

    void start();
    /// Ends it; whoever opened it is told the reason.
    void close(const std::string& reason);
    /// The same, later, on the path's loop. Any thread.
    void request_close(std::string reason);

    /// What must be known to change or end the session: an unguessable UUID.
    const std::string& secret() const { return secret_; }
    const std::string& id() const { return given_.reader->id(); }
    const ReaderInfo& viewer() const { return given_.reader->info(); }
    std::int64_t since_us() const { return since_us_; }
    /// Does what the viewer asks for and says where it is then, or why not. The answer may come later, and
    /// not at all when the session ends before. Refusals: unavailable before the session is connected, when
    /// there is no archive or it cannot be read; not_found where nothing is recorded and nothing is live.
    void steer(const Command& command, Answer answer);
    /// The same on the path's loop, later. Any thread, where `answer` is called on the path's loop.
    void request(const Command& command, Answer answer);
    void request_position(Answer answer);
    void add_candidate(const std::string& candidate);
    /// The same, later. Any thread.
    void request_candidate(std::string candidate);
    /// The body of the answer when ICE was restarted; empty when there were only candidates to add.
    Result<std::string> patch(const CandidateFragment& fragment);
    std::string ice_tag() const { return '"' + local_ufrag_ + '"'; }
    Position position() const;
    /// It sends a track of the path's as the camera sends it.
    bool shows_as_it_is(std::size_t track) const;
    /// From now on a rendition of that track, in the codec that was agreed on.
    void show_instead(const std::shared_ptr<Fanout>& rendered);
    /// The path's tracks now: what was awaited is joined. False when they do not have the codecs that were
    /// agreed on.
    bool follow(std::span<const Track> tracks,
                const std::function<std::shared_ptr<Fanout>(const Track&)>& fanout_of);

  private:
    void negotiate();
    TransportEvents transport_events();
    void answered(Result<std::string> answer);
    void connected();
    void replay(std::size_t stream);
    Result<Track> as_agreed(const Track& track, const Track& chosen);
    void watch();

    // Steering (session_steering.cpp).
    /// It shows what is live, or awaits it.
    bool is_shown_live() const;
    std::int64_t live_us() const;
    Player& player();
    TranscodeSound transcode_sound() const;
    Player::Done when_sought(const Command& command, Answer answer);
    void sought(const Sought& sought, const Command& command, const Answer& answer);
    void begin();
    void change_speed(const Command& command, const Answer& answer);
    void hold();
    void join_live();
    void leave_live();
    void go_live();
    void report();

    Given given_;
    const std::string secret_;
    const Log log_;
    const std::int64_t since_us_;

    std::shared_ptr<Transport> transport_;
    const std::shared_ptr<ViewerDetails> details_ = std::make_shared<ViewerDetails>();
    std::vector<std::shared_ptr<Feed>> feeds_;
    std::shared_ptr<Player> player_;  // null while nothing but live is shown or wanted
    bool feeds_are_live_ = false;     // or the player's, or nobody's yet
    std::string remote_ufrag_, local_ufrag_;

    Timer handshake_, gathering_, watchdog_, reports_;
    bool is_connected_ = false;
    bool is_closed_ = false;
    std::int64_t last_shown_us_ = 0;  // of a recording, before it went live; UTC
    Nanoseconds last_replay_{0};
    std::uint64_t reported_drops_ = 0;
};

/// RFC 9562 version 4, from the system's secure random numbers.
std::string random_uuid();

}  // namespace rill::webrtc
