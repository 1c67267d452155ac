// The one UDP port that all viewers' media goes through.
#pragma once

#include "asker.hpp"
#include "peers.hpp"
#include "port_thread.hpp"
#include "udp_socket.hpp"

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace rill::webrtc::ice {

/// Open, with a thread that receives, for as long as somebody holds it.
class UdpPort {
  public:
    /// The one at this address ("host:port"), which the whole process shares. Threading: any. Error:
    /// invalid_config, unavailable.
    static Result<std::shared_ptr<UdpPort>> at(const std::string& address);

    UdpPort(const UdpPort&) = delete;
    UdpPort& operator=(const UdpPort&) = delete;

    Peers& peers() { return inside_->peers; }
    Asker& asker() { return inside_->asker; }
    const Address& address() const { return inside_->socket->address(); }

  private:
    /// What the thread uses, and the routes.
    struct Inside {
        explicit Inside(UdpSocket bound);

        const std::shared_ptr<UdpSocket> socket;
        const Fd wake;
        Peers peers;
        Asker asker;
    };
    explicit UdpPort(std::shared_ptr<Inside> inside);

    const std::shared_ptr<Inside> inside_;
    const PortThread thread_;
};

}  // namespace rill::webrtc::ice
