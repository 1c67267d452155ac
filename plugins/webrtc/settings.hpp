// The options of the module, checked.
#pragma once

#include <rill/http_cors.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rill::webrtc {

/// A STUN or TURN server. `url` is "stun:host:port" or "turn(s):host:port?transport=udp".
struct IceServer {
    std::string url, username, password;
    bool client_only = false;  ///< told to viewers, not used by the server itself
};

struct Settings {
    http::Cors cors;  ///< of WHEP
    /// Where the ports are that all viewers share: "host:port"; empty: none.
    std::string local_udp_address;
    std::string local_tcp_address;
    std::vector<IceServer> ice_servers;
    std::vector<std::string> additional_hosts;
    bool ips_from_interfaces = true;
    std::vector<std::string> interfaces;  ///< empty: all
    std::uint16_t minimum_port = 0;       ///< 0: any port
    std::uint16_t maximum_port = 0;
    std::chrono::milliseconds handshake_timeout{};
    std::chrono::milliseconds gather_timeout{};
    Codec transcode_to = Codec::h264;  ///< of pictures that a viewer cannot take as they are
    /// No option. Browsers report at least every five seconds; several reports missed, and nobody is there.
    std::chrono::milliseconds silence_timeout{20'000};

    /// STUN and TURN servers are asked from a socket of the viewer's own, and a range is for many.
    bool shares_ports() const;
};

std::span<const Option> option_table();
/// Error: invalid_config, naming the option.
Result<Settings> read_settings(const Options& options);

}  // namespace rill::webrtc
