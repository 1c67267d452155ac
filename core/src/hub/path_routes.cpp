#include "path_routes.hpp"

#include <algorithm>

namespace rill {

Result<> PathRoutes::add(const std::string& pattern, PathHandler handler) {
    if (std::ranges::any_of(routes_, [&](const auto& route) { return route.pattern == pattern; }))
        return Error{Code::conflict, fmt::format("two controllers want the route {}", pattern)};
    PathRoute route;
    route.pattern = pattern;
    std::string text = pattern;
    if (const auto query = text.find('?'); query != std::string::npos) {
        route.query_key = text.substr(query + 1);
        text.resize(query);
    }
    route.more = text.ends_with("/*");
    if (route.more) text.pop_back();
    constexpr std::string_view hole = "{path}/";
    const auto at = text.find(hole);
    if (at == std::string::npos)
        return Error{Code::invalid_config, fmt::format("the route {} has no \"{}\"", pattern, hole)};
    route.before = text.substr(0, at);
    route.after = text.substr(at + hole.size() - 1);
    route.handler = std::move(handler);
    routes_.push_back(std::move(route));
    return ok();
}

/// Whether the URL is of the route. A path's own name may look like the route's end, so its last place
/// counts.
bool PathRoutes::split(const PathRoute& route, std::string_view url, Parts& parts) {
    if (!url.starts_with(route.before)) return false;
    url.remove_prefix(route.before.size());
    const auto at = url.rfind(route.after);
    if (at == 0 || at == std::string_view::npos) return false;
    parts = {url.substr(0, at), url.substr(at + route.after.size())};
    return parts.rest.empty() != route.more;
}

bool PathRoutes::serve(http::Exchange& exchange) const {
    for (const PathRoute& route : routes_) {
        const http::Request& request = exchange.request();
        if (!route.query_key.empty() && !request.query.contains(route.query_key)) continue;
        Parts parts;
        if (!split(route, request.path, parts)) continue;
        PathCall call{std::string(parts.path), std::string(parts.rest), std::move(exchange)};
        route.handler(std::move(call));
        return true;
    }
    return false;
}

}  // namespace rill
