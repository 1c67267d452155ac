// What the programs here have in common.
#pragma once

#include <rill/result.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace rill::bench {

/// Private memory of the process, in MB.
inline double resident() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double pages = 0;
    double shared = 0;
    file >> total >> pages >> shared;
    return (pages - shared) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Ends the program with what went wrong.
template <class T>
T need(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
}

}  // namespace rill::bench
