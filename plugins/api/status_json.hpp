// The API's form of status snapshots (docs/api.md).
#pragma once

#include <rill/json.hpp>
#include <rill/status.hpp>

namespace rill::api {

Json to_json(const PathStatus& path);

}  // namespace rill::api
