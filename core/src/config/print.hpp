// A configuration as YAML.
#pragma once

#include "config.hpp"

#include <string>

namespace rill::config {

/// What is in force: every global key, every key of pathDefaults, and of each path what differs from them.
/// Passwords and other secrets are "***". Without any, the text loads to an equal configuration.
std::string to_yaml(const Config& config);

}  // namespace rill::config
