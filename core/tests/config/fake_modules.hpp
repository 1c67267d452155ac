// Modules made of tables only, and a registry that holds them.
#pragma once

#include "config/config.hpp"
#include "registry/registry.hpp"

#include <string_view>

namespace rill::test {

/// Sources "cam" (cam://, cams://), "slate" (slate://, file://) and "web", sinks "hls" (on by default), "rec"
/// and "turn", controller "api".
const Registry& fake_registry();

/// Of "config.yml", with these modules. Anything wrong in it fails the test.
config::Config load_good(std::string_view yaml, const config::Environment& environment = {});

}  // namespace rill::test
