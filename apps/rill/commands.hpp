// The commands of `rill`. Each takes its own arguments and returns the exit code.
#pragma once

#include <span>

namespace rill {

/// Lists the modules, or describes one with its options.
int inspect(std::span<char*> arguments);
/// Steers a running server over its HTTP API.
int ctl(std::span<char*> arguments);

}  // namespace rill
