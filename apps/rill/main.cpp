// The command line: looks at modules, and steers a running server.
#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "Usage: rill COMMAND [ARGUMENTS]\n"
    "\n"
    "  inspect [MODULE]      list the installed modules, or describe one with its options\n"
    "  ctl [--url URL] list            the streams of a running server\n"
    "  ctl [--url URL] show ID         one stream, as JSON\n"
    "  ctl [--url URL] start|stop ID   start or stop a stream\n"
    "\n"
    "  --version, --help\n"
    "\n"
    "URL is http://localhost:8080 if not given. The server itself is rilld.\n"
    "Exit codes: 0 done, 1 the server refused or was not reached, 2 wrong arguments.\n";

}  // namespace

int main(int argc, char** argv) {
    const std::string_view command = argc > 1 ? argv[1] : "";
    const std::span<char*> rest(argv + std::min(argc, 2), static_cast<std::size_t>(argc > 2 ? argc - 2 : 0));
    if (command == "inspect") return rill::inspect(rest);
    if (command == "ctl") return rill::ctl(rest);
    if (command == "--version") {
        fmt::print("rill {}\n", RILL_VERSION);
        return 0;
    }
    const bool asked = command == "--help" || command == "-h";
    fmt::print(asked ? stdout : stderr, "{}", usage);
    return asked ? 0 : 2;
}
