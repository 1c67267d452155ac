#include "forwarded.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace rill::http {
namespace {

using auth::Address;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view around = " \t\"";
    const std::size_t first = text.find_first_not_of(around);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(around) - first + 1);
}

/// The last element, which is taken off the list.
std::string_view take_last(std::string_view& list) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = list.substr(comma + 1);  // npos + 1 is 0
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    return trimmed(last);
}

/// Some proxies add the port.
std::optional<Address> parse(std::string_view text) {
    if (auto address = Address::parse(text)) return address;
    return Address::parse_with_port(text);
}

/// What stands left of the first stranger, anybody can have written.
std::optional<Address> first_stranger(std::string_view list, const Endpoint& endpoint) {
    std::optional<Address> found;
    while (!list.empty()) {
        const auto address = parse(take_last(list));
        if (!address) break;
        found = address;
        if (!endpoint.trusts(*address)) break;
    }
    return found;
}

std::string with_port(const Address& address) {
    return fmt::format(fmt::runtime(address.is_v4() ? "{}:0" : "[{}]:0"), address.text());
}

bool is_https(std::string_view text) {
    return text.size() == 5 && g_ascii_strncasecmp(text.data(), "https", 5) == 0;
}

std::optional<std::string_view> forwarded_scheme(const Request& request) {
    std::string_view schemes = request.header("x-forwarded-proto");
    if (!schemes.empty()) return take_last(schemes);
    std::string_view elements = request.header("forwarded");
    std::string_view pairs = take_last(elements);
    while (!pairs.empty()) {
        const std::string_view pair = trimmed(pairs.substr(0, pairs.find(';')));
        pairs.remove_prefix(std::min(pairs.find(';'), pairs.size() - 1) + 1);
        if (pair.size() > 6 && g_ascii_strncasecmp(pair.data(), "proto=", 6) == 0)
            return trimmed(pair.substr(6));
    }
    return {};
}

}  // namespace

bool Endpoint::trusts(const Address& address) const {
    return std::ranges::any_of(trusted_proxies, [&](const auto& range) { return range.contains(address); });
}

bool Endpoint::is_unlimited(const Address& address) const {
    return address.is_loopback() || trusts(address);
}

Asker asker_of(const Request& request, const Arrival& arrival, bool encrypted) {
    const auto peer = Address::parse_with_port(arrival.remote);
    Asker asker{arrival.remote, encrypted, peer && arrival.endpoint->is_unlimited(*peer)};
    if (!peer || !arrival.endpoint->trusts(*peer)) return asker;
    auto client = first_stranger(request.header("x-forwarded-for"), *arrival.endpoint);
    if (!client) client = parse(trimmed(request.header("x-real-ip")));
    if (client) {
        asker.remote = with_port(*client);
        asker.is_unlimited = arrival.endpoint->is_unlimited(*client);
    }
    if (const auto scheme = forwarded_scheme(request)) asker.secure = is_https(*scheme);
    return asker;
}

}  // namespace rill::http
