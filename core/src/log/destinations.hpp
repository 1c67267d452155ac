// Where the log of a server goes, one place or several.
#pragma once

#include <rill/log.hpp>

#include <string>

namespace rill {

struct LogDestinations {
    bool standard_output = true;
    std::string file = {};           ///< empty: none
    std::string system_prefix = {};  ///< what the system's log knows us by; empty: nothing goes there
    std::string system_socket = "/dev/log";
};

/// As configure_logging(LogSettings), with other destinations than one. Files are opened anew, so that one
/// that was moved away is made again. Error: unavailable, when a file cannot be opened or the system's log
/// not be reached; everything stays as it was.
Result<> configure_logging(LogLevel level, bool structured, const LogDestinations& destinations);

}  // namespace rill
