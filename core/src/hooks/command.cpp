#include "command.hpp"

#include <utility>

namespace rill::hooks {

Command::Command(const Site& site, const CommandSettings& settings, const Environment& environment,
                 std::function<void()> over)
    : site_(site), settings_(settings), environment_(environment), over_(std::move(over)) {}

std::shared_ptr<Command> Command::start(const Site& site, const CommandSettings& settings,
                                        const Environment& environment, std::function<void()> over) {
    const std::shared_ptr<Command> command(new Command(site, settings, environment, std::move(over)));
    command->run();
    return command;
}

void Command::run() {
    const ProcessSettings settings{settings_.line.arguments(environment_), environment_.for_child(),
                                   site_.log.child(settings_.key), site_.timing.exit_limit};
    auto process =
        Process::start(site_.loop, site_.processes, settings,
                       [self = shared_from_this()](int status) { self->exited(describe_status(status)); });
    if (process) {
        process_ = std::move(*process);
        return;
    }
    site_.log.error("{} command not started: {}", settings_.key, process.error().message);
    if (settings_.restart) {
        run_after_pause();
    } else {
        next_ =
            site_.loop.after(std::chrono::milliseconds(0), [self = shared_from_this()] { self->finish(); });
    }
}

void Command::run_after_pause() {
    next_ = site_.loop.after(site_.timing.restart_pause, [self = shared_from_this()] { self->run(); });
}

void Command::exited(const std::string& how) {
    process_.reset();
    if (!ending_) site_.log.info("{} {}", settings_.key, how);
    if (ending_ || !settings_.restart) {
        finish();
    } else {
        run_after_pause();
    }
}

void Command::end() {
    if (is_over() || std::exchange(ending_, true)) return;
    if (process_) {
        process_->end();
    } else {
        finish();
    }
}

void Command::finish() {
    const auto self = shared_from_this();
    next_.cancel();
    std::exchange(over_, nullptr)();
}

}  // namespace rill::hooks
