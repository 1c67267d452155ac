#include "auth/address.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace rill::auth {
namespace {

constexpr unsigned mapped_bits = 96;
constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Error no_range(std::string_view text) {
    return {Code::invalid_config,
            fmt::format("expected an address or a range such as 192.0.2.0/24, got {}", in_quotes(text))};
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string address(text.substr(0, text.find('%')));
    Address result;
    if (address.find('\0') != std::string::npos) return {};  // where the text would end for inet_pton()
    if (inet_pton(AF_INET6, address.c_str(), result.bytes_.data()) == 1) return result;
    if (address.size() != text.size()) return {};  // only IPv6 has zones
    if (inet_pton(AF_INET, address.c_str(), result.bytes_.data() + mapped_prefix.size()) != 1) return {};
    std::ranges::copy(mapped_prefix, result.bytes_.begin());
    return result;
}

std::optional<Address> Address::parse_with_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return {};
    text = text.substr(0, colon);
    if (text.starts_with('[') && text.ends_with(']')) return parse(text.substr(1, text.size() - 2));
    return text.find(':') == std::string_view::npos ? parse(text) : std::nullopt;
}

bool Address::is_v4() const {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin());
}

bool Address::is_loopback() const {
    constexpr unsigned v4_network_bits = 104;
    static const Address v4_network = *parse("127.0.0.0");
    static const Address v6 = *parse("::1");
    return *this == v6 || prefix(v4_network_bits) == v4_network;
}

Address Address::prefix(unsigned bits) const {
    Address result = *this;
    for (unsigned i = 0; i < result.bytes_.size(); ++i) {
        const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8U) : 0;
        result.bytes_[i] = static_cast<std::uint8_t>(result.bytes_[i] & (0xff00U >> kept));
    }
    return result;
}

Address Address::network() const {
    constexpr unsigned subscriber_bits = 64;
    return is_v4() ? *this : prefix(subscriber_bits);
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (is_v4()) {
        inet_ntop(AF_INET, bytes_.data() + mapped_prefix.size(), text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    }
    return text.data();
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view host = text.substr(0, slash);
    const auto base = Address::parse(host);
    if (!base) return no_range(text);
    AddressRange result;
    if (slash < text.size()) {
        // Written as IPv6, also an IPv4 address counts from the start of the 128 bits.
        const bool counts_in_v4 = host.find(':') == std::string_view::npos;
        const std::string_view length = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), result.bits_);
        if (error != std::errc() || end != length.data() + length.size()) return no_range(text);
        if (result.bits_ > (counts_in_v4 ? 32U : 128U)) return no_range(text);
        if (counts_in_v4) result.bits_ += mapped_bits;
    }
    result.base_ = base->prefix(result.bits_);
    return result;
}

bool AddressRange::contains(const Address& address) const {
    return address.is_v4() == base_.is_v4() && address.prefix(bits_) == base_;
}

}  // namespace rill::auth
