// From a URL to whoever answers it: a controller's route, or a sink of the path that the URL begins with.
#pragma once

#include "local_hub.hpp"

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rill {

/// Whether `rest` ("whep/1234") fits a pattern ("whep", "whep/*", "*.mp4").
bool route_matches(std::string_view pattern, std::string_view rest);

/// Threading: the main thread.
class Router {
  public:
    explicit Router(LocalHub& hub) : hub_(hub) {}

    /// See ControllerHost::route(). "/{path}/" is the page of every path.
    Result<> add(const std::string& path, http::Handler handler);
    void handle(http::Exchange exchange);

  private:
    struct Target {
        std::shared_ptr<Path> path;
        std::string rest;
    };
    const http::Handler* controller_for(const std::string& url) const;
    std::optional<Target> path_for(const std::string& url) const;
    void serve(const Target& target, const SinkFactory& factory, const Route& route, http::Exchange exchange);

    LocalHub& hub_;
    std::map<std::string, http::Handler, std::less<>> controllers_;
    http::Handler path_page_;
};

}  // namespace rill
