// One viewer, from its offer to its end.
#pragma once

#include "codec_choice.hpp"
#include "fanout.hpp"
#include "feed.hpp"
#include "settings.hpp"
#include "transport.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/sink.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace rill::webrtc {

/// What a session tells whoever opened it. Called on the path's loop.
struct SessionEvents {
    std::function<void(Result<std::string>)> answered;      ///< once, unless closed before
    std::function<void(const std::string& reason)> closed;  ///< once, last
};

/// The way back from other threads to the path's loop, also when the path is about to go.
class Door {
  public:
    explicit Door(SinkHost& host) : host_(&host) {}
    void post(std::function<void()> work);
    void close();

  private:
    std::mutex mutex_;
    // Locked: mutex_, also while posting: the host may go once close() has returned.
    SinkHost* host_;
};

/// Threading: the path's loop, except secret(), id() and request_….
class Session : public std::enable_shared_from_this<Session> {
  public:
    struct Given {
        SinkHost* host;
        std::shared_ptr<Door> door;
        const Settings* settings;
        TransportFactory make_transport;  ///< tests put their own here
        Offer offer;
        Selection selection;
        std::vector<std::shared_ptr<Fanout>> fanouts;  ///< one for each choice
        ReaderPtr reader;
        SessionEvents events;
        std::function<void(Session&)> ended;  ///< for the sink: forget me
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
    void add_candidate(const std::string& candidate);
    /// The same, later. Any thread.
    void request_candidate(std::string candidate);
    /// The body of the answer when ICE was restarted; empty when there were only candidates to add.
    Result<std::string> patch(const CandidateFragment& fragment);
    std::string ice_tag() const { return '"' + local_ufrag_ + '"'; }
    /// Whether the tracks still have the codecs that were agreed on.
    bool fits(std::span<const Track> tracks) const;

  private:
    void negotiate();
    TransportEvents transport_events();
    void answered(Result<std::string> answer);
    void connected();
    void replay(std::size_t stream);
    void watch();

    Given given_;
    const std::string secret_;
    const Log log_;

    std::shared_ptr<Transport> transport_;
    std::vector<std::shared_ptr<Feed>> feeds_;
    std::string remote_ufrag_, local_ufrag_;

    Timer handshake_, gathering_, watchdog_;
    bool is_connected_ = false;
    bool is_closed_ = false;
    Nanoseconds last_replay_{0};
    std::uint64_t reported_drops_ = 0;
};

/// RFC 9562 version 4, from the system's secure random numbers.
std::string random_uuid();

}  // namespace rill::webrtc
