// The daemon: options, signals and exit codes. What it serves is in core and in the modules.
#include "command_line.hpp"
#include "config/config.hpp"
#include "config/print.hpp"
#include "daemon/daemon.hpp"
#include "daemon/live_configuration.hpp"
#include "registry/registry.hpp"
#include "util/directories.hpp"
#include "util/process_exit.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>

#include <fmt/format.h>
#include <glib-unix.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

// Within the three seconds that are promised, with some left for the end of the process.
constexpr auto shutdown_time = 2500ms;

std::string find_config(const std::string& given) {
    if (!given.empty()) return given;
    for (const char* place : {"rill.yml", RILL_CONFIG_FILE}) {
        if (std::filesystem::exists(place)) return place;
    }
    return "";
}

void print_modules(const rill::Registry& registry) {
    for (const auto& loaded : registry.modules()) {
        const rill::Module& module = *loaded.module;
        fmt::print("{} {}\n", module.name, module.version);
        for (const auto& source : module.sources)
            fmt::print("  source      {:<12} {}\n", source.id, source.summary);
        for (const auto& sink : module.sinks)
            fmt::print("  sink        {:<12} {}\n", sink.id, sink.summary);
        for (const auto& controller : module.controllers) {
            fmt::print("  controller  {:<12} {}\n", controller.id, controller.summary);
        }
    }
}

int report(std::vector<rill::config::Problem> problems) {
    std::ranges::stable_sort(problems, {}, &rill::config::Problem::line);
    for (const auto& problem : problems)
        fmt::print(stderr, "{}\n", problem.text());
    fmt::print(stderr, "rilld: {} problem{}; nothing was started\n", problems.size(),
               problems.size() == 1 ? "" : "s");
    return rill::exit_bad_config;
}

/// A descriptor for each viewer and each camera: as many as the system lets us have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

gboolean hang_up(gpointer configuration) {
    static_cast<rill::LiveConfiguration*>(configuration)->reload("SIGHUP");
    return G_SOURCE_CONTINUE;
}

gboolean quit(gpointer loop) {
    g_main_loop_quit(static_cast<GMainLoop*>(loop));
    return G_SOURCE_CONTINUE;
}

/// A signal of the process, handled by the main context.
class Signal {
  public:
    Signal(int number, GSourceFunc handler, gpointer data) : id_(g_unix_signal_add(number, handler, data)) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal() { g_source_remove(id_); }

  private:
    const guint id_;
};

/// As the process has it, with what the command line says.
rill::config::Environment environment_of(const rill::CommandLine& command) {
    auto environment = rill::config::process_environment();
    if (command.port) environment["RILL_HTTPADDRESS"] = fmt::format(":{}", *command.port);
    return environment;
}

int serve(const rill::Registry& registry, const std::string& file, const rill::CommandLine& command) {
    rill::LiveConfiguration configuration({file, environment_of(command), command.strict}, registry);
    auto loaded = configuration.load();
    // Who only looks, or has problems, starts nothing: also no log file.
    const bool starts = loaded && !command.check && !command.print_config;
    const auto [level, structured, destinations] = rill::config::logging_of(loaded.config);
    const auto logging = starts ? rill::configure_logging(level, structured, destinations) : rill::ok();
    if (!logging) {
        fmt::print(stderr, "rilld: {}\n", logging.error().message);
        return rill::exit_bad_config;
    }
    const auto main_context = rill::Ref<GMainContext>::retain(g_main_context_default());
    rill::Loop loop(main_context);
    rill::Daemon daemon(loop, configuration);
    // Also what modules say, when keys are wrong elsewhere: a person mends all in one go.
    std::vector<rill::config::Problem> problems = loaded.problems;
    for (auto& problem : daemon.configure(std::move(loaded.config), file))
        problems.push_back(std::move(problem));
    if (!problems.empty()) return report(std::move(problems));
    if (command.print_config) {
        fmt::print("{}", rill::config::to_yaml(daemon.config()));
        return rill::exit_ok;
    }
    if (command.check) {
        for (const auto& warning : loaded.warnings)
            fmt::print(stderr, "warning: {}\n", warning.text());
        const std::size_t paths = daemon.config().path_keys().size();
        fmt::print("{}: {} path{}, no problems\n", file, paths, paths == 1 ? "" : "s");
        return rill::exit_ok;
    }

    const rill::Log log;
    log.info("Rill v{}", RILL_VERSION);
    log.info("configuration loaded from {}", file);
    for (const auto& warning : loaded.warnings)
        log.warning("{}", warning.text());
    if (const auto listening = daemon.listen(); !listening) {
        fmt::print(stderr, "rilld: {}\n", listening.error().message);
        return rill::exit_address_taken;
    }
    if (const auto begun = daemon.begin(); !begun) {
        fmt::print(stderr, "rilld: {}\n", begun.error().message);
        return rill::exit_failure;
    }
    daemon.tell_addresses();

    const auto main_loop = rill::Ref<GMainLoop>::adopt(g_main_loop_new(main_context.get(), FALSE));
    configuration.follow(daemon, loop);
    // Also while it ends: a second signal must not cut off what is being written.
    const Signal interrupt(SIGINT, quit, main_loop.get());
    const Signal terminate(SIGTERM, quit, main_loop.get());
    const Signal again(SIGHUP, hang_up, &configuration);
    g_main_loop_run(main_loop.get());
    configuration.stop();
    log.info("shutting down gracefully");
    const bool clean = daemon.shutdown(shutdown_time);
    if (!clean) log.error("something did not end within {} ms", shutdown_time.count());
    return clean ? rill::exit_ok : rill::exit_failure;
}

}  // namespace

int main(int argc, char** argv) {
    const auto command = rill::parse_command_line(argc, argv);
    if (!command) return rill::exit_bad_config;
    if (command->help) {
        fmt::print("{}", rill::usage());
        return rill::exit_ok;
    }
    if (command->version) {
        fmt::print("rilld {}\n", RILL_VERSION);
        return rill::exit_ok;
    }

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);  // until there is something to load again
    rill::keep_openssl_at_exit();
    raise_descriptor_limit();
    gst_init(nullptr, nullptr);

    rill::Registry registry;
    const auto broken = registry.load(rill::module_directories(rill::default_module_directory()));
    for (const std::string& problem : broken)
        fmt::print(stderr, "{}\n", problem);
    if (!broken.empty()) return rill::exit_bad_config;
    if (command->list_modules) {
        print_modules(registry);
        return rill::exit_ok;
    }

    const std::string file = find_config(command->config);
    if (file.empty()) {
        fmt::print(stderr,
                   "rilld: no configuration: give a file, or write ./rill.yml (see configs/default.yml)\n");
        return rill::exit_bad_config;
    }
    return serve(registry, file, *command);
}
