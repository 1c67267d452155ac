// IP addresses and ranges of them.
#pragma once

#include <rill/result.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rill::auth {

/// An IPv4 or IPv6 address. An IPv4 address in IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.
class Address {
  public:
    Address() = default;  ///< "::", which no client has
    /// "192.0.2.1", "2001:db8::1". A zone ("%eth0") is left out. Nothing: it is no address.
    static std::optional<Address> parse(std::string_view text);
    /// As http::Request::remote has it: "192.0.2.1:50000", "[2001:db8::1]:50000".
    static std::optional<Address> parse_with_port(std::string_view text);

    bool is_v4() const;
    bool is_loopback() const;  ///< 127.0.0.0/8 or ::1
    /// The address with all but the first `bits` set to zero, which count within IPv6's 128.
    Address prefix(unsigned bits) const;
    /// Whom limits count as one: an IPv4 address, of IPv6 its network of 64 bits, which is what one
    /// subscriber has and may choose from (RFC 6177 §2).
    Address network() const;
    std::string text() const;

    auto operator<=>(const Address& other) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_ = {};  // IPv4 as ::ffff:a.b.c.d
};

/// "192.0.2.0/24", "2001:db8::/32", or one address. Bits behind the prefix do not count (RFC 4632 §3.1).
class AddressRange {
  public:
    /// Error: invalid_config, naming the text.
    static Result<AddressRange> parse(std::string_view text);
    /// IPv6 ranges hold no IPv4 address: "::/0" is all of IPv6.
    bool contains(const Address& address) const;

    bool operator==(const AddressRange& other) const = default;

  private:
    Address base_;
    unsigned bits_ = 128;
};

}  // namespace rill::auth
