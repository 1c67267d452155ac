// The configuration as MediaMTX's control API has it: /v3/config/… (its api/openapi.yaml).
#pragma once

#include <rill/configuration.hpp>
#include <rill/http.hpp>

#include <string>

namespace rill::api {

/// Answers global, pathdefaults and paths; `rest` is what stands behind "/v3/config/". What conflicts is 400,
/// as there. Threading: the main thread; changes may wait for the disk.
http::Response answer_mediamtx_config(const http::Request& request, Configuration& configuration,
                                      const std::string& rest);

}  // namespace rill::api
