#include "router.hpp"

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

/// What core answers in a sink's name is for the pages that the sink's own answers are for.
void refuse(const Options& sink, http::Exchange& exchange, http::Response response) {
    if (has_origins(sink))
        http::Cors(sink.list(origins_option)).apply(exchange.request().header("origin"), response);
    exchange.respond(std::move(response));
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

bool has_origins(const Options& options) {
    return options.contains(origins_option);
}

void Router::allow_origins(std::vector<std::string> origins) {
    cors_ = std::make_shared<const http::Cors>(std::move(origins), cors_terms);
}

http::Handler Router::opened(http::Handler handler) const {
    return [this, handler = std::move(handler)](http::Exchange exchange) {
        if (!open_up(exchange)) handler(std::move(exchange));
    };
}

PathHandler Router::opened(PathHandler handler) const {
    return [this, handler = std::move(handler)](PathCall call) {
        if (!open_up(call.exchange)) handler(std::move(call));
    };
}

/// Pages may read the answer, whatever it will be. True: it was a preflight, which is answered.
bool Router::open_up(http::Exchange& exchange) const {
    exchange.allow(cors_);
    if (exchange.request().method != "OPTIONS") return false;
    exchange.respond(cors_->preflight());
    return true;
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

Router::SinkRoute Router::sink_for(const Target& target) {
    for (const auto& sink : target.path->settings().sinks) {
        for (const Route& route : sink.factory->routes) {
            if (route_matches(route.pattern, target.rest)) return {&sink, &route};
        }
    }
    return {};
}

void Router::handle(http::Exchange exchange) {
    const std::string& url = exchange.request().path;
    if (const auto exact = controllers_.find(url); exact != controllers_.end()) {
        exact->second(std::move(exchange));
        return;
    }
    if (path_routes_.serve(exchange)) return;
    if (const http::Handler* handler = controller_for(url)) {
        (*handler)(std::move(exchange));
        return;
    }
    const auto target = path_for(url);
    if (target && target->rest.empty() && path_page_) {
        path_page_(std::move(exchange));
        return;
    }
    const SinkRoute found = target ? sink_for(*target) : SinkRoute{};
    const bool is_theirs = found.sink != nullptr && has_origins(*found.sink->options);
    if (!is_theirs && open_up(exchange)) return;
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
    if (found.sink == nullptr) {
        exchange.fail({Code::not_found, fmt::format("path '{}' serves no '{}' (is its sink switched off?)",
                                                    target->path->name(), target->rest)});
        return;
    }
    // Checked here, so that a method that the sink does not serve starts no camera.
    const std::string& method = exchange.request().method;
    if (method != "OPTIONS" && !takes(*found.route, method)) {
        refuse(*found.sink->options, exchange,
               http::Response::method_not_allowed(method, fmt::format("OPTIONS, {}", found.route->methods)));
        return;
    }
    serve(*target, *found.sink, *found.route, std::move(exchange));
}

void Router::serve(const Target& target, const PathSettings::SinkSettings& sink, const Route& route,
                   http::Exchange exchange) {
    // std::function needs a copyable capture.
    const auto call = std::make_shared<SinkCall>(SinkCall{std::move(exchange), target.rest, nullptr});
    const http::Request& request = call->exchange.request();
    if (route.wakes && request.method != "OPTIONS") {
        const std::string_view id = sink.factory->id;
        ReaderInfo info{std::string(id), request.remote, std::string(request.header("user-agent"))};
        hub_.open(target.path->name(), id, std::move(info),
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
    target.path->loop().post([path = target.path, sink, call] {
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
