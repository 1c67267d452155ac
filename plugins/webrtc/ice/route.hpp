// A way to a viewer that the viewer opened.
#pragma once

#include "address.hpp"
#include "stun.hpp"

#include <span>
#include <string_view>

namespace rill::webrtc::ice {

/// Threading: any.
class Route {
  public:
    Route(std::string_view protocol, const Address& local, const Address& remote)
        : protocol(protocol), local(local), remote(remote) {}
    Route(const Route&) = delete;
    Route& operator=(const Route&) = delete;
    virtual ~Route() = default;

    /// Waits while the system takes no more, for a tenth of a second at most; then packets are lost, as they
    /// are on the way. None is longer than 65,507 bytes.
    virtual void send(std::span<const Packet> packets) = 0;
    /// The same without waiting: who receives for all viewers waits for none of them.
    virtual void answer(Packet packet) = 0;

    const std::string_view protocol;  ///< "udp" or "tcp"
    const Address local;              ///< where the viewer wrote to
    const Address remote;
};

}  // namespace rill::webrtc::ice
