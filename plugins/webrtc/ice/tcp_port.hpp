// The one TCP port for viewers whose networks let no UDP through (RFC 6544, passive candidates).
#pragma once

#include "address.hpp"
#include "peers.hpp"
#include "port_thread.hpp"

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <memory>
#include <string>

namespace rill::webrtc::ice {

/// Open, with a thread that receives, for as long as somebody holds it.
class TcpPort {
  public:
    /// The one at this address ("host:port"), which the whole process shares. Threading: any. Error:
    /// invalid_config, unavailable.
    static Result<std::shared_ptr<TcpPort>> at(const std::string& address);

    TcpPort(const TcpPort&) = delete;
    TcpPort& operator=(const TcpPort&) = delete;

    Peers& peers() { return inside_->peers; }
    const Address& address() const { return inside_->address; }

  private:
    /// What the thread uses.
    struct Inside {
        Fd listener;
        Address address;
        Fd wake;
        Peers peers;
    };
    explicit TcpPort(std::shared_ptr<Inside> inside);

    const std::shared_ptr<Inside> inside_;
    const PortThread thread_;
};

}  // namespace rill::webrtc::ice
