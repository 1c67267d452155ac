#include "path_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill {

Result<> PathRoutes::add_to(Entries& entries, const std::string& pattern, PathHandler handler,
                            std::string owner) {
    if (std::ranges::any_of(entries, [&](const Entry& entry) { return entry.pattern.text() == pattern; }))
        return Error{Code::conflict, fmt::format("two controllers want the route {}", pattern)};
    auto parsed = PathPattern::parse(pattern);
    if (!parsed) return parsed.error();
    entries.push_back({*std::move(parsed), std::move(owner), std::move(handler)});
    return ok();
}

Result<> PathRoutes::add(const std::string& pattern, PathHandler handler, std::string owner) {
    return add_to(routes_, pattern, std::move(handler), std::move(owner));
}

Result<> PathRoutes::add_websocket(const std::string& pattern, PathHandler handler, std::string owner) {
    return add_to(websockets_, pattern, std::move(handler), std::move(owner));
}

void PathRoutes::remove(std::string_view owner) {
    for (Entries* entries : {&routes_, &websockets_})
        std::erase_if(*entries, [owner](const Entry& entry) { return entry.owner == owner; });
}

bool PathRoutes::serve_by(const Entries& entries, http::Exchange& exchange) {
    for (const auto& [pattern, owner, handler] : entries) {
        auto parts = pattern.match(exchange.request());
        if (!parts) continue;
        handler({std::move(parts->path), std::move(parts->rest), std::move(exchange)});
        return true;
    }
    return false;
}

bool PathRoutes::serve(http::Exchange& exchange) const {
    return (exchange.request().asks_for_websocket() && serve_by(websockets_, exchange)) ||
           serve_by(routes_, exchange);
}

}  // namespace rill
