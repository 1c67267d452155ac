// Sessions of browsers, and tokens for URLs.
#pragma once

#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <memory>

namespace rill::api {

/// /api/v1/login, /api/v1/tokens, /v3/auth/jwks/refresh. The host outlives what is under way.
Result<> add_login_routes(ControllerHost& host, std::shared_ptr<const http::Cors> cors);

}  // namespace rill::api
