// Modules made of tables only, and a registry that holds them.
#pragma once

#include "registry/registry.hpp"

namespace rill::test {

/// Sources "cam" (cam://, cams://) and "web", sinks "hls" (on by default), "rec" and "turn", controller
/// "api".
const Registry& fake_registry();

}  // namespace rill::test
