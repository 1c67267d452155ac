#include "router.hpp"

#include <memory>

namespace rill {

namespace {

bool takes(const Route& route, std::string_view method) {
    return fmt::format(", {},", route.methods).find(fmt::format(", {},", method)) != std::string::npos;
}

}  // namespace

bool route_matches(std::string_view pattern, std::string_view rest) {
    if (pattern.ends_with("/*")) {
        const auto base = pattern.substr(0, pattern.size() - 1);
        return rest.starts_with(base) && rest.size() > base.size() &&
               rest.find('/', base.size()) == std::string_view::npos;
    }
    if (pattern.starts_with('*')) {
        return rest.ends_with(pattern.substr(1)) && rest.size() >= pattern.size() &&
               rest.find('/') == std::string_view::npos;
    }
    return pattern == rest;
}

Result<> Router::add(const std::string& path, http::Handler handler) {
    http::Handler& slot = path == "/{path}/" ? path_page_ : controllers_[path];
    if (slot) {
        return Error{Code::conflict, fmt::format("two controllers want the route {}", path)};
    }
    slot = std::move(handler);
    return ok();
}

const http::Handler* Router::controller_for(const std::string& url) const {
    if (const auto exact = controllers_.find(url); exact != controllers_.end()) return &exact->second;
    std::string_view prefix = url;
    while (true) {
        const auto slash = prefix.rfind('/');
        if (slash == std::string_view::npos || slash == 0)
            return nullptr;  // "/" itself is an exact route only
        prefix = prefix.substr(0, slash + 1);
        if (const auto found = controllers_.find(prefix); found != controllers_.end()) return &found->second;
        prefix.remove_suffix(1);
    }
}

std::optional<Router::Target> Router::path_for(const std::string& url) const {
    // The longest path name that the URL begins with: "site/door" before "site".
    std::string name = url.substr(1);
    while (true) {
        const auto slash = name.rfind('/');
        if (slash == std::string::npos) return std::nullopt;
        name.resize(slash);
        if (auto path = hub_.find(name)) return Target{std::move(path), url.substr(name.size() + 2)};
    }
}

void Router::handle(http::Exchange exchange) {
    const std::string& url = exchange.request().path;
    if (const http::Handler* handler = controller_for(url)) {
        (*handler)(std::move(exchange));
        return;
    }
    const auto target = path_for(url);
    if (target && target->rest.empty() && path_page_) {
        path_page_(std::move(exchange));
        return;
    }
    if (!target && path_page_ && hub_.find(url.substr(1))) {
        // "/cam1" is the page "/cam1/": relative links on it need the slash.
        const std::string& query = exchange.request().raw_query;
        exchange.respond(http::Response::text(302, "text/plain", "")
                             .header("location", url.substr(url.rfind('/') + 1) + "/" +
                                                     (query.empty() ? "" : "?" + query)));
        return;
    }
    if (!target) {
        exchange.fail(
            {Code::not_found, fmt::format("nothing is served at {} (no such path, or no such page)", url)});
        return;
    }
    const std::string& method = exchange.request().method;
    for (const auto& sink : target->path->settings().sinks) {
        for (const Route& route : sink.factory->routes) {
            if (!route_matches(route.pattern, target->rest)) continue;
            // Checked here, so that a method that the sink does not serve starts no camera.
            if (method != "OPTIONS" && !takes(route, method)) {
                exchange.respond(
                    http::Response::method_not_allowed(method, fmt::format("OPTIONS, {}", route.methods)));
                return;
            }
            serve(*target, *sink.factory, route, std::move(exchange));
            return;
        }
    }
    exchange.fail({Code::not_found, fmt::format("path '{}' serves no '{}' (is its sink switched off?)",
                                                target->path->name(), target->rest)});
}

void Router::serve(const Target& target, const SinkFactory& factory, const Route& route,
                   http::Exchange exchange) {
    // std::function needs a copyable capture.
    const auto call = std::make_shared<SinkCall>(SinkCall{std::move(exchange), target.rest, nullptr});
    const http::Request& request = call->exchange.request();
    if (route.wakes && request.method != "OPTIONS") {
        ReaderInfo info{std::string(factory.id), request.remote, std::string(request.header("user-agent"))};
        hub_.open(target.path->name(), factory.id, std::move(info), [call](Result<Opened> opened) {
            if (!opened) {
                call->exchange.fail(opened.error());
                return;
            }
            call->reader = std::move(opened->reader);
            opened->sink.serve(std::move(*call));
        });
        return;
    }
    target.path->loop().post([path = target.path, id = std::string(factory.id), call] {
        SinkRunner* runner = path->runner(id);
        if (runner->running() == nullptr && call->exchange.request().method != "OPTIONS") {
            const PathStatus status = path->status();
            call->exchange.fail(
                {Code::not_found, fmt::format("path '{}' is {}{}{}", path->name(), to_string(status.state),
                                              status.reason.empty() ? "" : ": ", status.reason)});
            return;
        }
        runner->sink().serve(std::move(*call));
    });
}

}  // namespace rill
