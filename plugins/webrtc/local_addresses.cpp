#include "local_addresses.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>

namespace rill::webrtc {

namespace {

std::string to_text(const sockaddr* address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    } else if (address->sa_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
        if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) return "";
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    }
    return text;
}

}  // namespace

std::vector<std::string> local_addresses(const Settings& settings, bool viewer_is_local) {
    std::vector<std::string> addresses;
    std::vector<std::string> loopback;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {"127.0.0.1"};
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
    for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
        std::string text = to_text(at->ifa_addr);
        if (text.empty()) continue;
        const auto& names = settings.interfaces;
        const bool named = std::find(names.begin(), names.end(), at->ifa_name) != names.end();
        const bool is_loopback = (at->ifa_flags & IFF_LOOPBACK) != 0;
        if (names.empty() ? !is_loopback : named)
            addresses.push_back(std::move(text));
        else if (is_loopback)
            loopback.push_back(std::move(text));
    }
    const bool wants_loopback = addresses.empty() || (viewer_is_local && settings.interfaces.empty());
    if (wants_loopback) addresses.insert(addresses.end(), loopback.begin(), loopback.end());
    return addresses;
}

}  // namespace rill::webrtc
