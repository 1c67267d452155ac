// Whom a proxy asks for.
#pragma once

#include "endpoint.hpp"

#include <rill/http.hpp>

#include <string>

namespace rill::http {

struct Asker {
    std::string remote;  ///< see Request::remote
    bool secure;         ///< see Request::secure
    bool is_unlimited;   ///< see Request::is_unlimited
};

/// Who is connected, or, if that is a trusted proxy, the last in X-Forwarded-For that is none, else
/// X-Real-IP; the port is 0 then. Of X-Forwarded-Proto and Forwarded (RFC 7239) the last word counts, the
/// proxy's own.
Asker asker_of(const Request& request, const Arrival& arrival, bool encrypted);

}  // namespace rill::http
