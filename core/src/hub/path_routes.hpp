// Routes of controllers that have a path's name in their midst.
#pragma once

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
    Result<> add(const std::string& pattern, PathHandler handler);
    /// Hands the exchange to whom it is meant for, the pattern that was added first. False: to nobody.
    bool serve(http::Exchange& exchange) const;

  private:
    struct PathRoute {
        std::string pattern, before, after, query_key;
        bool more = false;  ///< `after` ends in a slash, and something follows it
        PathHandler handler;
    };
    struct Parts {
        std::string_view path, rest;
    };
    static bool split(const PathRoute& route, std::string_view url, Parts& parts);

    std::vector<PathRoute> routes_;
};

}  // namespace rill
