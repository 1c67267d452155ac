// Starting a program.
#pragma once

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <string>
#include <sys/types.h>
#include <vector>

namespace rill::hooks {

struct Spawned {
    pid_t pid;  ///< also the number of its process group
    Fd output;  ///< its standard output, not blocking
    Fd errors;  ///< its standard error, not blocking
};

/// Starts arguments[0], looked for in $PATH, as the leader of a process group of its own: nothing to read on
/// standard input, no other descriptor of ours, no signal blocked or ignored. Returns when the program runs;
/// the caller waits for its end. Error: unavailable with the program and the system's reason.
///
/// Threading: any thread.
Result<Spawned> spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

}  // namespace rill::hooks
