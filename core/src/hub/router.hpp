// From a URL to whoever answers it: a controller's route, or a sink of the path that the URL begins with.
#pragma once

#include "local_hub.hpp"
#include "path_routes.hpp"

#include <rill/http.hpp>
#include <rill/http_cors.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill {

/// Whether `rest` ("whep/1234") fits a pattern ("whep", "whep/*", "*.mp4").
bool route_matches(std::string_view pattern, std::string_view rest);
/// Whether a module with these options says itself which pages of other origins may read its answers.
bool has_origins(const Options& options);

/// Threading: the main thread.
class Router {
  public:
    explicit Router(LocalHub& hub) : hub_(hub) {}

    /// See ControllerHost::route(). "/{path}/" is the page of every path.
    Result<> add(const std::string& path, http::Handler handler);
    /// See ControllerHost::path_route().
    Result<> add(const std::string& pattern, PathHandler handler) {
        return path_routes_.add(pattern, std::move(handler));
    }
    /// See ControllerHost::path_websocket().
    Result<> add(const std::string& pattern, PathWebSocketHandler handler) {
        return path_routes_.add(pattern, std::move(handler));
    }
    http::WebSocketHandler websocket(const http::Request& request) const {
        return path_routes_.websocket(request);
    }
    /// Whose pages may read what is answered by those who do not say it themselves, the router among them:
    /// none, unless this is said.
    void allow_origins(std::vector<std::string> origins);
    /// Of a controller that does not say it itself.
    http::Handler opened(http::Handler handler) const;
    PathHandler opened(PathHandler handler) const;
    void handle(http::Exchange exchange);

  private:
    struct Target {
        std::shared_ptr<Path> path;
        std::string rest;
    };
    struct SinkRoute {
        const PathSettings::SinkSettings* sink = nullptr;
        const Route* route = nullptr;
    };
    static SinkRoute sink_for(const Target& target);
    bool open_up(http::Exchange& exchange) const;
    const http::Handler* controller_for(const std::string& url) const;
    std::optional<Target> path_for(const std::string& url) const;
    void serve(const Target& target, const PathSettings::SinkSettings& sink, const Route& route,
               http::Exchange exchange);

    LocalHub& hub_;
    std::shared_ptr<const http::Cors> cors_ = std::make_shared<const http::Cors>();
    std::map<std::string, http::Handler, std::less<>> controllers_;
    PathRoutes path_routes_;
    http::Handler path_page_;
};

}  // namespace rill
