#include "path_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rill {

template <class Handler>
Result<> PathRoutes::add_to(Entries<Handler>& entries, const std::string& pattern, Handler handler) {
    if (std::ranges::any_of(entries, [&](const auto& entry) { return entry.pattern.text() == pattern; }))
        return Error{Code::conflict, fmt::format("two controllers want the route {}", pattern)};
    auto parsed = PathPattern::parse(pattern);
    if (!parsed) return parsed.error();
    entries.push_back({*std::move(parsed), std::move(handler)});
    return ok();
}

Result<> PathRoutes::add(const std::string& pattern, PathHandler handler) {
    return add_to(routes_, pattern, std::move(handler));
}

Result<> PathRoutes::add(const std::string& pattern, PathWebSocketHandler handler) {
    return add_to(websockets_, pattern, std::move(handler));
}

bool PathRoutes::serve(http::Exchange& exchange) const {
    for (const auto& [pattern, handler] : routes_) {
        auto parts = pattern.match(exchange.request());
        if (!parts) continue;
        handler({std::move(parts->path), std::move(parts->rest), std::move(exchange)});
        return true;
    }
    return false;
}

http::WebSocketHandler PathRoutes::websocket(const http::Request& request) const {
    for (const auto& entry : websockets_) {
        auto parts = entry.pattern.match(request);
        if (!parts) continue;
        return [parts = *std::move(parts), handler = entry.handler](std::shared_ptr<http::WebSocket> socket) {
            handler({parts.path, parts.rest, std::move(socket)});
        };
    }
    return nullptr;
}

}  // namespace rill
