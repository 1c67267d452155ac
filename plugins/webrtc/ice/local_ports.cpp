#include "local_ports.hpp"

namespace rill::webrtc::ice {

Result<LocalPorts> open_local_ports(const Settings& settings) {
    LocalPorts ports;
    if (!settings.shares_ports()) return ports;
    if (!settings.local_udp_address.empty()) {
        auto udp = UdpPort::at(settings.local_udp_address);
        if (!udp) return udp.error();
        ports.udp = std::move(*udp);
    }
    if (!settings.local_tcp_address.empty()) {
        auto tcp = TcpPort::at(settings.local_tcp_address);
        if (!tcp) return tcp.error();
        ports.tcp = std::move(*tcp);
    }
    return ports;
}

}  // namespace rill::webrtc::ice
