// RILL_… variables as the topmost layer of the configuration.
#pragma once

#include "keys.hpp"
#include "yaml.hpp"

#include <map>
#include <string>

namespace rill::config {

using Environment = std::map<std::string, std::string>;

/// The process's variables that start with RILL_.
Environment process_environment();

/// Writes variables over the values of the tree: RILL_READTIMEOUT, RILL_PATHDEFAULTS_SOURCEONDEMAND,
/// RILL_PATHS_CAM1_SOURCE. A path is found by its name in upper case with '_' for all but letters and digits;
/// one that does not exist is added with its name in lower case. Lists are separated by commas. Other RILL_…
/// variables are left alone at the top level, where other programs put theirs too (container systems do), and
/// are problems below pathDefaults and paths.
void apply_environment(Node& root, const Environment& environment, const Keys& keys, Problems& problems);

}  // namespace rill::config
