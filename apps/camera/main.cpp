#include "commands.hpp"
#include "control.hpp"
#include "options.hpp"

#include <fmt/format.h>
#include <glib-unix.h>

#include <csignal>
#include <cstdio>
#include <sys/prctl.h>
#include <unistd.h>

namespace rill::camera {
namespace {

int fail(const Error& error) {
    fmt::print(stderr, "rill-camera: {}\n", error.message);
    return error.code == Code::invalid_config || error.code == Code::conflict ? 2 : 1;
}

void end_with_parent() {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == 1) std::raise(SIGTERM);  // it ended before the line above
}

gboolean quit(gpointer loop) {
    g_main_loop_quit(static_cast<GMainLoop*>(loop));
    return G_SOURCE_CONTINUE;
}

Result<> add_cameras(Server& server, const std::vector<CameraSpec>& specs, LoopStore& loops, Pacer& pacer) {
    for (const CameraSpec& spec : specs) {
        auto camera = std::make_shared<Camera>(spec, loops, pacer);
        if (auto prepared = camera->prepare(); !prepared) return prepared.error();
        if (auto added = server.add(std::move(camera)); !added) return added.error();
    }
    return ok();
}

Result<> start_control(Control& control, const CommandLine& line) {
    if (line.control_on_stdin) control.listen_on_stdin();
    if (!line.control_port) return ok();
    const auto port = control.listen_on_port(*line.control_port);
    if (!port) return port.error();
    fmt::print("rill-camera: control 127.0.0.1:{}\n", *port);
    return ok();
}

void announce(const Server& server, const std::vector<CameraSpec>& specs, Cameras& cameras) {
    if (!server.fingerprint().empty())
        fmt::print("rill-camera: certificate sha256 {}\n", server.fingerprint());
    fmt::print("rill-camera: ready");
    for (const CameraSpec& spec : specs)
        fmt::print(" {}", server.url_of(*cameras.find(spec.name)));
    fmt::print("\n");
    std::fflush(stdout);
}

int run(const CommandLine& line) {
    Pacer pacer;
    LoopStore loops(line.cache_folder);
    Server server(line.server);
    Commands commands(server, loops);
    Control control(
        [&commands](std::string_view text, auto answer) { commands.execute(text, std::move(answer)); });

    if (auto added = add_cameras(server, line.cameras, loops, pacer); !added) return fail(added.error());
    if (auto listening = server.listen(); !listening) return fail(listening.error());
    if (auto controlled = start_control(control, line); !controlled) return fail(controlled.error());
    announce(server, line.cameras, server.cameras());

    const auto loop = Ref<GMainLoop>::adopt(g_main_loop_new(nullptr, FALSE));
    const guint interrupted = g_unix_signal_add(SIGINT, quit, loop.get());
    const guint terminated = g_unix_signal_add(SIGTERM, quit, loop.get());
    g_main_loop_run(loop.get());
    g_source_remove(interrupted);
    g_source_remove(terminated);
    return 0;
}

}  // namespace
}  // namespace rill::camera

int main(int argc, char** argv) {
    using namespace rill::camera;
    const auto line = parse_command_line(argc, argv);
    if (!line) return fail(line.error());
    if (line->exit_with_parent) end_with_parent();
    std::signal(SIGPIPE, SIG_IGN);
    gst_init(nullptr, nullptr);
    return run(*line);
}
