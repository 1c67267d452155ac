// A UDP socket of every address and both families, that knows where each packet was sent to.
#pragma once

#include "bound_socket.hpp"
#include "stun.hpp"

#include <rill/result.hpp>

#include <memory>
#include <span>

namespace rill::webrtc::ice {

/// Threading: send() on any thread; receive() on one.
class UdpSocket {
  public:
    /// Error: unavailable, with what to do.
    static Result<UdpSocket> bind(const Address& address);

    struct Arrived {
        Packet packet;
        Address local, remote;
    };
    /// What has come, up to `most_at_once`; valid until the next call. Empty when nothing has.
    std::span<const Arrived> receive();
    /// From `local`, which receive() told. Waits for room for a tenth of a second at most, or not at all.
    void send(const Address& local, const Address& remote, std::span<const Packet> packets,
              bool may_wait) const;

    /// Whether it is of the family.
    bool reaches(const Address& remote) const;
    const Address& address() const { return address_; }  ///< with its port
    int fd() const { return fd_.get(); }

    static constexpr std::size_t most_at_once = 32;

  private:
    struct Buffers;
    struct FreeBuffers {
        void operator()(Buffers* buffers) const;
    };
    explicit UdpSocket(BoundSocket bound);

    Fd fd_;
    int family_;
    Address address_;
    std::unique_ptr<Buffers, FreeBuffers> buffers_;
};

}  // namespace rill::webrtc::ice
