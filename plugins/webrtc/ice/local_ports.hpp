// The ports that all viewers share, opened as the settings say.
#pragma once

#include "../settings.hpp"
#include "tcp_port.hpp"
#include "udp_port.hpp"

#include <memory>

namespace rill::webrtc::ice {

/// Open for as long as it is held.
struct LocalPorts {
    std::shared_ptr<UdpPort> udp;
    std::shared_ptr<TcpPort> tcp;
};

/// None where each viewer has sockets of its own. Error: as UdpPort::at().
Result<LocalPorts> open_local_ports(const Settings& settings);

}  // namespace rill::webrtc::ice
