// A viewer's TCP connection: packets with their length before them (RFC 4571 §2, RFC 6544 §3).
#pragma once

#include "peer.hpp"
#include "peers.hpp"

#include <rill/fd.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace rill::webrtc::ice {

/// Threading: send() and answer() on any thread, the rest on the port's.
class TcpConnection final : public Route, public std::enable_shared_from_this<TcpConnection> {
  public:
    /// `fd` does not block.
    TcpConnection(Fd fd, const Address& local, const Address& remote);

    void send(std::span<const Packet> packets) override;
    void answer(Packet packet) override;

    /// Takes what has come. False when the connection is of no more use: it ended, or what came is no
    /// viewer's.
    bool receive(const Peers& peers);
    /// Whoever sends stops waiting, and nothing is sent any more.
    void close();
    bool is_known() const { return peer_ != nullptr; }  ///< a check came that was made with our password
    int fd() const { return fd_.get(); }

    const std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();

  private:
    bool take(Packet packet, const Peers& peers);
    /// False when the time is up. Locked: sending_.
    bool write(Packet bytes, std::chrono::milliseconds patience);
    bool write_frame(Packet packet, std::chrono::milliseconds patience);

    const Fd fd_;
    std::shared_ptr<Peer> peer_;  ///< which holds this as its route, until it is closed
    std::vector<std::uint8_t> input_;

    std::mutex sending_;
    std::vector<std::uint8_t> rest_;  ///< of a packet that has begun. Locked: sending_.
};

}  // namespace rill::webrtc::ice
