#include "router.hpp"

#include <algorithm>
#include <utility>

namespace rill {

namespace {

constexpr std::string_view origins_option = "allowOrigins";

/// All that is served anywhere: whoever asks for what is not there must be able to read that, too.
constexpr http::CorsTerms cors_terms{
    .methods = "OPTIONS, GET, HEAD, POST, PATCH, DELETE",
    .request_headers = "authorization, content-type, if-match, if-none-match, if-range, range"};

bool takes(const Route& route, std::string_view method) {
    return fmt::format(", {},", route.methods).find(fmt::format(", {},", method)) != std::string::npos;
}

/// Whether a module with these options says itself which pages of other origins may read its answers.
bool has_origins(const Options& options) {
    return options.contains(origins_option);
}

/// What core answers in a sink's name is for the pages that the sink's own answers are for.
void refuse(const Options& sink, http::Exchange& exchange, http::Response response) {
    if (has_origins(sink))
        http::Cors(sink.list(origins_option)).apply(exchange.request().header("origin"), response);
    exchange.respond(std::move(response));
}

/// Nothing: the handler is called in any case.
std::optional<Action> action_of(Needs needs) {
    switch (needs) {
        case Needs::nothing:
        case Needs::handler_asks:
            return {};
        case Needs::read:
            return Action::read;
        case Needs::playback:
            return Action::playback;
        case Needs::api:
            return Action::api;
        case Needs::metrics:
            return Action::metrics;
    }
    return {};
}

bool needs_path(Needs needs) {
    const auto action = action_of(needs);
    return action && concerns_path(*action);
}

Error path_is_missing(const std::string& route) {
    return {Code::invalid_config, fmt::format("the route {} needs a path, and has none", route)};
}

Error elsewhere(const http::Request& request) {
    return {Code::not_found, fmt::format("{} is not served at the address of {}; ask at httpAddress",
                                         request.path, request.service)};
}

Error encoded_slash() {
    return {Code::invalid_config,
            "the path has an encoded slash (%2F), which only a name at its end may have"};
}

Error taken(const std::string& route) {
    return {Code::conflict, fmt::format("two controllers want the route {}", route)};
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

bool is_served(std::span<const std::string_view> services, const http::Request& request) {
    return request.service.empty() || std::ranges::find(services, request.service) != services.end();
}

RouteOwner route_owner(const ControllerFactory& factory, const Options& options) {
    RouteOwner owner{std::string(factory.id), std::string(factory.protocol), factory.services, nullptr};
    if (has_origins(options)) owner.cors = std::make_shared<const http::Cors>(options.list(origins_option));
    return owner;
}

void Router::allow_origins(std::vector<std::string> origins) {
    cors_ = std::make_shared<const http::Cors>(std::move(origins), cors_terms);
}

std::optional<http::Response> Router::count(const http::Request& request, Counts as) {
    if (as == Counts::nothing) return {};
    return throttle_.refuse(request, as == Counts::session ? Throttle::Of::sessions : Throttle::Of::requests);
}

/// The refusal of one too many, of a route.
std::optional<http::Response> Router::count_on_route(const http::Request& request, Counts counts) {
    if (request.method == "OPTIONS") return {};
    const bool opens = request.method == "POST" || request.asks_for_websocket();
    return count(request, counts == Counts::session && !opens ? Counts::request : counts);
}

/// Calls the handler for who may do what it needs, and has not asked too often. Pages may read the answer,
/// whatever it will be.
PathHandler Router::guarded(RouteTerms terms, const RouteOwner& owner, PathHandler handler) {
    const auto action = action_of(terms.needs);
    return [this, action, counts = terms.counts, owner, handler = std::move(handler)](PathCall call) {
        if (owner.cors) {
            call.exchange.allow(owner.cors);
        } else if (open_up(call.exchange)) {
            return;
        }
        if (!is_served(owner.services, call.exchange.request()))
            return call.exchange.fail(elsewhere(call.exchange.request()));
        if (auto refusal = count_on_route(call.exchange.request(), counts))
            return call.exchange.respond(std::move(*refusal));
        if (!action || call.exchange.request().method == "OPTIONS") return handler(std::move(call));
        const Purpose purpose{*action, concerns_path(*action) ? call.path : "", owner.protocol};
        admit(access_, std::move(call.exchange), purpose,
              [handler, path = std::move(call.path), rest = std::move(call.rest)](http::Exchange exchange) {
                  handler({path, rest, std::move(exchange)});
              });
    };
}

http::Handler Router::guarded(RouteTerms terms, const RouteOwner& owner, http::Handler handler) {
    return [handler = guarded(terms, owner, [handler = std::move(handler)](PathCall call) {
                handler(std::move(call.exchange));
            })](http::Exchange exchange) {
        handler({"", "", std::move(exchange)});
    };
}

/// Pages may read the answer. True: it was a preflight, which is answered.
bool Router::open_up(http::Exchange& exchange) const {
    exchange.allow(cors_);
    if (exchange.request().method != "OPTIONS") return false;
    exchange.respond(cors_->preflight());
    return true;
}

Result<> Router::add(const std::string& path, RouteTerms terms, const RouteOwner& owner,
                     http::Handler handler) {
    if (needs_path(terms.needs)) return path_is_missing(path);
    return put(path == "/{path}/" ? path_page_ : controllers_[path], path, owner,
               guarded(terms, owner, std::move(handler)));
}

Result<> Router::put(Owned& slot, const std::string& route, const RouteOwner& owner, http::Handler handler) {
    if (slot.handler) return taken(route);
    slot = {owner.id, std::move(handler)};
    return ok();
}

void Router::remove(std::string_view owner) {
    const auto is_theirs = [owner](const auto& entry) { return entry.second.owner == owner; };
    std::erase_if(controllers_, is_theirs);
    std::erase_if(websockets_, is_theirs);
    path_routes_.remove(owner);
    if (path_page_.owner == owner) path_page_ = {};
}

Result<> Router::add(const std::string& pattern, RouteTerms terms, const RouteOwner& owner,
                     PathHandler handler) {
    return path_routes_.add(pattern, guarded(terms, owner, std::move(handler)), owner.id);
}

Result<> Router::add_websocket(const std::string& path, Needs needs, const RouteOwner& owner,
                               http::WebSocketHandler handler) {
    if (needs_path(needs)) return path_is_missing(path);
    return put(
        websockets_[path], path, owner,
        guarded({needs, Counts::session}, owner,
                [handler = std::move(handler)](http::Exchange exchange) { exchange.upgrade(handler); }));
}

Result<> Router::add_websocket(const std::string& pattern, Needs needs, const RouteOwner& owner,
                               PathWebSocketHandler handler) {
    auto upgrade = [handler = std::move(handler)](PathCall call) {
        call.exchange.upgrade([handler, path = std::move(call.path),
                               rest = std::move(call.rest)](std::shared_ptr<http::WebSocket> socket) {
            handler({path, rest, std::move(socket)});
        });
    };
    return path_routes_.add_websocket(pattern, guarded({needs, Counts::session}, owner, std::move(upgrade)),
                                      owner.id);
}

const http::Handler* Router::controller_for(const std::string& url) const {
    std::string_view prefix = url;
    while (true) {
        const auto slash = prefix.rfind('/');
        if (slash == std::string_view::npos || slash == 0)
            return nullptr;  // "/" itself is an exact route only
        prefix = prefix.substr(0, slash + 1);
        if (const auto found = controllers_.find(prefix); found != controllers_.end())
            return &found->second.handler;
        prefix.remove_suffix(1);
    }
}

std::optional<Router::Target> Router::path_for(const std::string& url) const {
    // The longest path name that the URL begins with: "site/door" before "site". One with nothing to serve
    // there counts only when no other has: an expression may match "site/whep", too.
    std::optional<Target> longest;
    std::string name = url.substr(1);
    for (auto slash = name.rfind('/'); slash != std::string::npos; slash = name.rfind('/')) {
        name.resize(slash);
        auto settings = hub_.settings(name);
        if (!settings) continue;
        Target target{name, std::move(settings), url.substr(name.size() + 2)};
        if (target.rest.empty() || sink_for(target).sink != nullptr || target.settings->pattern.empty())
            return target;
        if (!longest) longest = std::move(target);
    }
    return longest;
}

Router::SinkRoute Router::sink_for(const Target& target) {
    for (const auto& sink : target.settings->sinks) {
        for (const Route& route : sink.factory->routes) {
            if (route_matches(route.pattern, target.rest)) return {&sink, &route};
        }
    }
    return {};
}

bool Router::serve_websocket(http::Exchange& exchange) const {
    const http::Request& request = exchange.request();
    if (!request.asks_for_websocket()) return false;
    const auto found = websockets_.find(request.path);
    if (found == websockets_.end()) return false;
    found->second.handler(std::move(exchange));
    return true;
}

void Router::handle(http::Exchange exchange) {
    if (exchange.request().encoded_slash != std::string::npos) {
        if (path_routes_.serve(exchange) || open_up(exchange)) return;
        return exchange.fail(encoded_slash());
    }
    if (serve_websocket(exchange)) return;
    const std::string& url = exchange.request().path;
    if (const auto exact = controllers_.find(url); exact != controllers_.end())
        return exact->second.handler(std::move(exchange));
    if (path_routes_.serve(exchange)) return;
    if (const http::Handler* handler = controller_for(url)) return (*handler)(std::move(exchange));
    serve_path(std::move(exchange));
}

/// Its page, or one of its sinks.
void Router::serve_path(http::Exchange exchange) {
    const std::string& url = exchange.request().path;
    const auto target = path_for(url);
    if (target && target->rest.empty() && path_page_.handler) return path_page_.handler(std::move(exchange));
    SinkRoute found = target ? sink_for(*target) : SinkRoute{};
    if (found.sink != nullptr && !is_served({&found.sink->factory->service, 1}, exchange.request()))
        found = {};
    const bool is_theirs = found.sink != nullptr && has_origins(*found.sink->options);
    if (!is_theirs && open_up(exchange)) return;
    if (found.sink == nullptr && path_page_.handler && hub_.settings(url.substr(1))) {
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
    if (found.sink == nullptr) {
        exchange.fail({Code::not_found, fmt::format("path '{}' serves no '{}' (is its sink switched off?)",
                                                    target->path, target->rest)});
        return;
    }
    // Checked here, so that a method that the sink does not serve starts no camera.
    const std::string& method = exchange.request().method;
    if (method == "OPTIONS") return serve(*target, *found.sink, *found.route, std::move(exchange));
    if (!takes(*found.route, method)) {
        refuse(*found.sink->options, exchange,
               http::Response::method_not_allowed(method, fmt::format("OPTIONS, {}", found.route->methods)));
        return;
    }
    if (found.route->wakes) {
        if (auto refusal = throttle_.refuse(exchange.request(), Throttle::Of::sessions))
            return refuse(*found.sink->options, exchange, std::move(*refusal));
    }
    const Purpose purpose{Action::read, target->path, std::string(found.sink->factory->id)};
    // std::function needs a copyable capture.
    const auto asked = std::make_shared<http::Exchange>(std::move(exchange));
    access_.ask(asked->request(), purpose, [this, asked, target = *target, found](Result<Identity> identity) {
        if (!identity)
            return refuse(*found.sink->options, *asked, refused(asked->request(), identity.error()));
        asked->identify(std::move(identity->user));
        serve(target, *found.sink, *found.route, std::move(*asked));
    });
}

void Router::serve(const Target& target, const PathSettings::SinkSettings& sink, const Route& route,
                   http::Exchange exchange) {
    // std::function needs a copyable capture.
    const auto call = std::make_shared<SinkCall>(SinkCall{std::move(exchange), target.rest, nullptr});
    const http::Request& request = call->exchange.request();
    if (route.wakes && request.method != "OPTIONS") {
        const std::string_view id = sink.factory->id;
        hub_.open(target.path, id, ReaderInfo::of(id, request),
                  [call, options = sink.options](Result<Opened> opened) {
                      if (!opened) {
                          refuse(*options, call->exchange, http::Response::error(opened.error()));
                          return;
                      }
                      call->reader = std::move(opened->reader);
                      opened->sink.serve(std::move(*call));
                  });
        return;
    }
    const auto demanded = hub_.demand(target.path);
    if (!demanded) return refuse(*sink.options, call->exchange, http::Response::error(demanded.error()));
    (*demanded)->loop().post([path = *demanded, sink, call] {
        SinkRunner* runner = path->runner(sink.factory->id);
        if (runner->running() == nullptr && call->exchange.request().method != "OPTIONS") {
            const PathStatus status = path->status();
            refuse(*sink.options, call->exchange,
                   http::Response::error(
                       {Code::not_found,
                        fmt::format("path '{}' is {}{}{}", path->name(), to_string(status.state),
                                    status.reason.empty() ? "" : ": ", status.reason)}));
            return;
        }
        runner->sink().serve(std::move(*call));
    });
}

}  // namespace rill
