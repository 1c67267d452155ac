#include "origin.hpp"

#include <algorithm>
#include <string_view>

namespace rill::http {

bool may_upgrade(const Request& request, const std::vector<std::string>& origins) {
    const std::string_view origin = request.header("origin");
    if (origin.empty()) return true;
    // The scheme is not compared: a proxy may speak TLS for us without our knowing.
    const std::size_t scheme = origin.find("://");
    if (scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host")) return true;
    return std::ranges::any_of(
        origins, [origin](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

}  // namespace rill::http
