// Routes of controllers that have a path's name in their midst.
#pragma once

#include "path_pattern.hpp"

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// Threading: one thread at a time.
class PathRoutes {
  public:
    /// See ControllerHost::path_route(), also for errors.
    Result<> add(const std::string& pattern, PathHandler handler, std::string owner = {});
    /// See ControllerHost::path_websocket(), also for errors: `handler` is given requests that ask for a
    /// WebSocket.
    Result<> add_websocket(const std::string& pattern, PathHandler handler, std::string owner = {});
    /// All of that owner. Not from one of the handlers.
    void remove(std::string_view owner);
    /// Hands the exchange to whom it is meant for, the pattern that was added first. False: to nobody.
    bool serve(http::Exchange& exchange) const;

  private:
    struct Entry {
        PathPattern pattern;
        std::string owner;
        PathHandler handler;
    };
    using Entries = std::vector<Entry>;
    static Result<> add_to(Entries& entries, const std::string& pattern, PathHandler handler,
                           std::string owner);
    static bool serve_by(const Entries& entries, http::Exchange& exchange);

    Entries routes_;
    Entries websockets_;
};

}  // namespace rill
