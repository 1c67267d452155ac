// The API's form of status snapshots (docs/api.md).
#pragma once

#include <rill/json.hpp>
#include <rill/status.hpp>

namespace rill::api {

/// Where its viewers are is not for other viewers.
enum class Readers { with_addresses = 1, without_addresses };
Json to_json(const PathStatus& path, Readers readers);

}  // namespace rill::api
