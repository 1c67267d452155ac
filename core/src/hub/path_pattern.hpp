// Patterns of URLs that have a path's name in their midst.
#pragma once

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace rill {

/// See ControllerHost::path_route(). Threading: const calls on any thread.
class PathPattern {
  public:
    /// Error: invalid_config without "{path}".
    static Result<PathPattern> parse(const std::string& pattern);

    struct Parts {
        std::string path, rest;
    };
    /// Nothing: the request is for somebody else.
    std::optional<Parts> match(const http::Request& request) const;
    const std::string& text() const { return text_; }

  private:
    std::string text_, before_, after_, query_key_;
    bool more_ = false;  // after_ ends in a slash, and something follows it
};

}  // namespace rill
