// From a URL to whoever answers it: a controller's route, or a sink of the path that the URL begins with.
#pragma once

#include "local_hub.hpp"
#include "path_routes.hpp"
#include "throttle.hpp"

#include <rill/access.hpp>
#include <rill/http.hpp>
#include <rill/http_cors.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill {

/// Whether `rest` ("whep/1234") fits a pattern ("whep", "whep/*", "*.mp4").
bool route_matches(std::string_view pattern, std::string_view rest);

/// Whose routes are added: a controller, or what core serves itself.
struct RouteOwner {
    std::string id;                              ///< of the controller; see Router::remove()
    std::string protocol;                        ///< that its clients speak (ControllerFactory::protocol)
    std::span<const std::string_view> services;  ///< at whose addresses it is, beside httpAddress
    std::shared_ptr<const http::Cors> cors;      ///< its own, which it does itself; null: core's
};
/// `options` are those of the controller.
RouteOwner route_owner(const ControllerFactory& factory, const Options& options);

/// Whether a request has come to an address where one of these is served; see ControllerFactory::services.
bool is_served(std::span<const std::string_view> services, const http::Request& request);

/// Threading: the main thread.
class Router {
  public:
    Router(LocalHub& hub, Access& access) : hub_(hub), access_(access) {}

    /// See ControllerHost::route(). "/{path}/" is the page of every path.
    Result<> add(const std::string& path, RouteTerms terms, const RouteOwner& owner, http::Handler handler);
    /// See ControllerHost::path_route().
    Result<> add(const std::string& pattern, RouteTerms terms, const RouteOwner& owner, PathHandler handler);
    /// See ControllerHost::websocket().
    Result<> add_websocket(const std::string& path, Needs needs, const RouteOwner& owner,
                           http::WebSocketHandler handler);
    /// See ControllerHost::path_websocket().
    Result<> add_websocket(const std::string& pattern, Needs needs, const RouteOwner& owner,
                           PathWebSocketHandler handler);
    /// Everything of this owner. Not from one of the handlers.
    void remove(std::string_view owner);
    /// Whose pages may read what is answered by those who do not say it themselves, the router among them:
    /// none, unless this is said.
    void allow_origins(std::vector<std::string> origins);
    /// See ControllerHost::count().
    std::optional<http::Response> count(const http::Request& request, Counts as);
    /// Of all that is routed.
    Throttle& throttle() { return throttle_; }
    void handle(http::Exchange exchange);

  private:
    struct Owned {
        std::string owner;
        http::Handler handler;
    };
    using Handlers = std::map<std::string, Owned, std::less<>>;
    struct Target {
        std::string path;
        std::shared_ptr<const PathSettings> settings;
        std::string rest;
    };
    struct SinkRoute {
        const PathSettings::SinkSettings* sink = nullptr;
        const Route* route = nullptr;
    };
    static Result<> put(Owned& slot, const std::string& route, const RouteOwner& owner,
                        http::Handler handler);
    static SinkRoute sink_for(const Target& target);
    PathHandler guarded(RouteTerms terms, const RouteOwner& owner, PathHandler handler);
    http::Handler guarded(RouteTerms terms, const RouteOwner& owner, http::Handler handler);
    std::optional<http::Response> count_on_route(const http::Request& request, Counts counts);
    bool open_up(http::Exchange& exchange) const;
    bool serve_websocket(http::Exchange& exchange) const;
    const http::Handler* controller_for(const std::string& url) const;
    std::optional<Target> path_for(const std::string& url) const;
    void serve_path(http::Exchange exchange);
    void serve(const Target& target, const PathSettings::SinkSettings& sink, const Route& route,
               http::Exchange exchange);

    LocalHub& hub_;
    Access& access_;
    Throttle throttle_;
    std::shared_ptr<const http::Cors> cors_ = std::make_shared<const http::Cors>();
    Handlers controllers_;
    Handlers websockets_;
    PathRoutes path_routes_;
    Owned path_page_;
};

}  // namespace rill
