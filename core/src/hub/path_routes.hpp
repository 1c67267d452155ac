// Routes of controllers that have a path's name in their midst.
#pragma once

#include "path_pattern.hpp"

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/result.hpp>

#include <string>
#include <vector>

namespace rill {

/// Threading: one thread at a time.
class PathRoutes {
  public:
    /// See ControllerHost::path_route(), also for errors.
    Result<> add(const std::string& pattern, PathHandler handler);
    /// See ControllerHost::path_websocket(), also for errors.
    Result<> add(const std::string& pattern, PathWebSocketHandler handler);
    /// Hands the exchange to whom it is meant for, the pattern that was added first. False: to nobody.
    bool serve(http::Exchange& exchange) const;
    /// Who takes an upgrade; empty: nobody.
    http::WebSocketHandler websocket(const http::Request& request) const;

  private:
    template <class Handler>
    struct Entry {
        PathPattern pattern;
        Handler handler;
    };
    template <class Handler>
    using Entries = std::vector<Entry<Handler>>;
    template <class Handler>
    static Result<> add_to(Entries<Handler>& entries, const std::string& pattern, Handler handler);

    Entries<PathHandler> routes_;
    Entries<PathWebSocketHandler> websockets_;
};

}  // namespace rill
