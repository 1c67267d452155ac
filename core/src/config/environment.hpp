// RILL_… and MTX_… variables as the topmost layer of the configuration.
#pragma once

#include "keys.hpp"
#include "yaml.hpp"

#include <map>
#include <string>
#include <vector>

namespace rill::config {

using Environment = std::map<std::string, std::string>;

/// The process's variables that start with RILL_ or MTX_, and BIND_ADDRESS.
Environment process_environment();

/// Writes variables over the values of the tree: RILL_READTIMEOUT, RILL_PATHDEFAULTS_SOURCEONDEMAND,
/// RILL_PATHS_CAM1_SOURCE, RILL_WEBRTCICESERVERS2_0_URL. A path is found by its name in upper case with '_'
/// for all but letters and digits; one that does not exist is added with its name in lower case. Lists of
/// texts are separated by commas. The same with MTX_, as MediaMTX's; where both are set, RILL_ counts.
/// BIND_ADDRESS is httpAddress where neither says it, unless it is empty. Other variables are left alone at
/// the top level, where other programs put theirs too (container systems do, and hooks), and are problems
/// below pathDefaults and paths.
void apply_environment(Node& root, const Environment& environment, const Keys& keys, Problems& problems);

/// Problems of values that came from the environment name the variable that was set.
void name_variables(std::vector<Problem>& problems, const Environment& environment);

}  // namespace rill::config
