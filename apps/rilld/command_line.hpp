// What rilld is asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rill {

/// Exit codes, also in --help and in docs/user-guide.md.
enum ExitCode : int {
    exit_ok = 0,
    exit_failure = 1,        ///< something failed at run time, or did not end in time
    exit_bad_config = 2,     ///< the command line or the configuration is wrong; nothing was started
    exit_address_taken = 3,  ///< an address cannot be listened on
};

struct CommandLine {
    std::string config;                 ///< empty: the default places
    std::optional<std::uint16_t> port;  ///< of httpAddress, on all interfaces
    bool check = false;
    bool print_config = false;
    bool strict = false;
    bool version = false;
    bool list_modules = false;
    bool help = false;
};

std::string usage();

/// Null: the arguments are wrong; the reason is on standard error.
std::optional<CommandLine> parse_command_line(int argc, char** argv);

}  // namespace rill
