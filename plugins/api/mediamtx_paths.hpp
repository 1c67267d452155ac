// Paths as MediaMTX's control API has them: /v3/paths/… (its api/openapi.yaml).
#pragma once

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/json.hpp>

#include <string>

namespace rill::api {

Json mediamtx_path(const PathStatus& path);
/// Answers list and get/{name}; `rest` is what stands behind "/v3/paths/". Threading: the main thread.
http::Response answer_mediamtx_paths(const http::Request& request, const Hub& hub, const std::string& rest);

}  // namespace rill::api
