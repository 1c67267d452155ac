// Checks of our own: what makes those viewers look for the way who do not by themselves (RFC 8445 §7.3.1.4).
#pragma once

#include "peer.hpp"
#include "udp_socket.hpp"

#include <rill/fd.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace rill::webrtc::ice {

/// Sends each until the viewer's own check comes, and a few times at most. Nobody listens to the answers: a
/// way is opened by the viewer's check alone.
///
/// Threading: any; send_due() is called by the port's.
class Asker {
  public:
    struct Question {
        Address remote;
        std::vector<std::uint8_t> request;
    };

    explicit Asker(std::shared_ptr<const UdpSocket> socket);

    void ask(const std::shared_ptr<const Peer>& peer, std::vector<Question> questions);
    /// Nothing is sent for this viewer after it, of what was to be asked before it.
    void leave(const std::shared_ptr<const Peer>& peer);

    /// Readable when there is something to send; negative when there was no descriptor left.
    int fd() const { return timer_.get(); }
    void send_due();

    /// Questions that are still to be sent, once or more.
    std::size_t open() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Asked {
        std::weak_ptr<const Peer> peer;
        Question question;
        int sent = 0;
    };
    /// False when that was the last time. Locked: mutex_.
    bool send(Asked& asked) const;
    void set_timer() const;  ///< Locked: mutex_.

    const std::shared_ptr<const UdpSocket> socket_;
    const Fd timer_;
    mutable std::mutex mutex_;
    std::multimap<Clock::time_point, Asked> by_time_;  ///< Locked: mutex_.
};

}  // namespace rill::webrtc::ice
