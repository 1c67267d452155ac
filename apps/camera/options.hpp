// The command line of rill-camera.
#pragma once

#include "server.hpp"

#include <optional>

namespace rill::camera {

struct CommandLine {
    ServerOptions server;
    std::vector<CameraSpec> cameras;
    std::string cache_folder;
    bool control_on_stdin = false;
    std::optional<int> control_port;
    bool exit_with_parent = false;
};

/// invalid_config when it cannot be understood. Handles --help by printing it and ending the process.
Result<CommandLine> parse_command_line(int argc, char** argv);

}  // namespace rill::camera
