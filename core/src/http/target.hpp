// The request target: which path and query a client asks for (RFC 9112 §3.2, RFC 3986).
#pragma once

#include <rill/result.hpp>

#include <map>
#include <string>
#include <string_view>

namespace rill::http {

struct Target {
    std::string path;
    std::map<std::string, std::string> query;
    std::string raw_query;
    std::size_t encoded_slash = std::string::npos;  ///< see Request
};

/// Origin-form ("/a?b=c") and absolute-form ("http://host/a?b=c"). What could mean one thing here and another
/// to a proxy or a file system is refused: dot segments, backslashes, control characters and bytes that are
/// no UTF-8, each also in percent-encoding. Error: invalid_config. Encoded slashes are told, and are for
/// whoever knows what is asked for to refuse.
Result<Target> parse_target(std::string_view target);

}  // namespace rill::http
