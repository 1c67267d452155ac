#include "address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <functional>

namespace rill::webrtc::ice {

namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<Address> Address::parse(const std::string& ip, std::uint16_t port) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    v4.sin_port = v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) return of(v4);
    if (::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) return of(v6);
    return std::nullopt;
}

Address Address::of(const sockaddr_in6& address) {
    Address result;
    std::memcpy(result.ip.data(), &address.sin6_addr, result.ip.size());
    result.port = ntohs(address.sin6_port);
    result.scope = address.sin6_scope_id;
    return result;
}

Address Address::of(const sockaddr_in& address) {
    Address result;
    std::copy(v4_prefix.begin(), v4_prefix.end(), result.ip.begin());
    std::memcpy(&result.ip[v4_prefix.size()], &address.sin_addr, sizeof address.sin_addr);
    result.port = ntohs(address.sin_port);
    return result;
}

bool Address::is_v4() const {
    return std::equal(v4_prefix.begin(), v4_prefix.end(), ip.begin());
}

bool Address::is_any() const {
    const auto* const first = is_v4() ? &ip[v4_prefix.size()] : ip.data();
    return std::all_of(first, ip.data() + ip.size(), [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_loopback() const {
    const in6_addr v6 = to_v6().sin6_addr;
    return is_v4() ? ip[v4_prefix.size()] == 127 : IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

bool Address::is_multicast() const {
    return is_v4() ? ip[v4_prefix.size()] >> 4 == 14 : ip[0] == 0xff;
}

sockaddr_in6 Address::to_v6() const {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_port = htons(port);
    result.sin6_scope_id = scope;
    std::memcpy(&result.sin6_addr, ip.data(), ip.size());
    return result;
}

sockaddr_in Address::to_v4() const {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    std::memcpy(&result.sin_addr, &ip[v4_prefix.size()], sizeof result.sin_addr);
    return result;
}

std::string Address::ip_text() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (is_v4()) {
        ::inet_ntop(AF_INET, &ip[v4_prefix.size()], text, sizeof text);
    } else {
        ::inet_ntop(AF_INET6, ip.data(), text, sizeof text);
    }
    return text;
}

std::size_t AddressHash::operator()(const Address& address) const {
    const std::string_view ip(reinterpret_cast<const char*>(address.ip.data()), address.ip.size());
    return std::hash<std::string_view>()(ip) * 31 + address.port;
}

std::optional<Address> parse_listening(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view number = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), port);
    if (problem != std::errc() || end != number.data() + number.size()) return std::nullopt;
    if (host.empty()) host = "::";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return Address::parse(std::string(host), port);
}

}  // namespace rill::webrtc::ice
