#include "command_line.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string_view>

namespace rill {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

std::string usage() {
    return "Usage: rilld [CONFIG] [OPTIONS]\n"
           "\n"
           "The Rill camera server. Without CONFIG it reads ./rill.yml, else " RILL_CONFIG_FILE
           ".\n"
           "\n"
           "      --check         load the configuration, report every problem, start nothing\n"
           "      --print-config  print what is in force, without secrets, and start nothing\n"
           "      --port PORT     serve HTTP on this port of all interfaces (httpAddress)\n"
           "      --strict        take what would only be warned of for a problem\n"
           "      --list-modules  list the modules that are installed, and what they offer\n"
           "      --version       print the version\n"
           "  -h, --help          print this help\n"
           "\n"
           "Environment: RILL_… and MTX_… set keys of the configuration (RILL_HTTPADDRESS=:8080);\n"
           "BIND_ADDRESS is httpAddress, too, where neither these nor --port say it.\n"
           "\n"
           "Signals: SIGINT and SIGTERM end it within 3 seconds. SIGHUP reads the configuration again, as a\n"
           "change of the file does.\n"
           "\n"
           "Exit codes:\n"
           "  0  ended as asked\n"
           "  1  failed at run time, or did not end in time\n"
           "  2  the command line or the configuration is wrong; nothing was started\n"
           "  3  an address is taken or cannot be listened on\n";
}

std::optional<CommandLine> parse_command_line(int argc, char** argv) {
    CommandLine out;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--check") {
            out.check = true;
        } else if (argument == "--print-config") {
            out.print_config = true;
        } else if (argument == "--port") {
            out.port = i + 1 < argc ? parse_port(argv[++i]) : std::nullopt;
            if (!out.port) {
                fmt::print(stderr, "rilld: --port needs a number from 1 to 65535 (see rilld --help)\n");
                return std::nullopt;
            }
        } else if (argument == "--strict") {
            out.strict = true;
        } else if (argument == "--list-modules") {
            out.list_modules = true;
        } else if (argument == "--version") {
            out.version = true;
        } else if (argument == "--help" || argument == "-h") {
            out.help = true;
        } else if (argument.starts_with('-') && argument.size() > 1) {
            fmt::print(stderr, "rilld: unknown option {} (see rilld --help)\n", argument);
            return std::nullopt;
        } else if (!out.config.empty()) {
            fmt::print(stderr, "rilld: more than one configuration file: {} and {}\n", out.config, argument);
            return std::nullopt;
        } else {
            out.config = argument;
        }
    }
    return out;
}

}  // namespace rill
