// What the registry demands of a module before it is used.
#pragma once

#include <rill/module.hpp>

#include <string>
#include <vector>

namespace rill {

/// Everything that is wrong with the module by itself, in words for its author. The ABI is checked first, and
/// nothing else is read when it differs.
std::vector<std::string> check_module(const Module& module);

/// Every key that the module adds to the configuration, with doubles.
std::vector<std::string> configuration_keys(const Module& module);

}  // namespace rill
