// An IP address and a port, of either family.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>

namespace rill::webrtc::ice {

/// IPv4 is held as IPv6 writes it (::ffff:a.b.c.d, RFC 4291 §2.5.5.2), so that one socket serves both.
struct Address {
    std::array<std::uint8_t, 16> ip{};
    std::uint16_t port = 0;
    std::uint32_t scope = 0;  ///< of a link-local address: the index of its interface

    /// Null when `ip` is no number.
    static std::optional<Address> parse(const std::string& ip, std::uint16_t port);
    static Address of(const sockaddr_in6& address);
    static Address of(const sockaddr_in& address);

    bool is_v4() const;
    bool is_any() const;  ///< 0.0.0.0 or ::
    bool is_loopback() const;
    bool is_multicast() const;
    sockaddr_in6 to_v6() const;
    sockaddr_in to_v4() const;  ///< of an IPv4 address
    std::string ip_text() const;

    friend auto operator<=>(const Address&, const Address&) = default;
};

struct AddressHash {
    std::size_t operator()(const Address& address) const;
};

/// Where to listen: "host:port", ":port" (every address) or "[v6]:port"; port 0 is any that is free. Null
/// when it is none of these.
std::optional<Address> parse_listening(std::string_view text);

}  // namespace rill::webrtc::ice
