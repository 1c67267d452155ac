// A hook's command, run once or again and again.
#pragma once

#include "command_line.hpp"
#include "environment.hpp"
#include "process.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rill::hooks {

struct Timing {
    std::chrono::milliseconds restart_pause{5'000};  ///< MediaMTX's
    std::chrono::milliseconds exit_limit{10'000};    ///< as ProcessSettings::exit_limit
    /// How long a begin command waits for the end command before it.
    std::chrono::milliseconds end_command_limit{10'000};
};

/// Where hooks run. Loop and processes must outlive all that is run with them.
struct Site {
    Loop& loop;
    const Processes& processes;
    Log log;  ///< of the path or the server: Log("path cam1")
    Timing timing = {};
};

struct CommandSettings {
    std::string key;  ///< "runOnReady", for the log
    CommandLine line;
    bool restart = false;  ///< begin again, after a pause, whenever it exits or cannot be started
    bool operator==(const CommandSettings&) const = default;
};

/// Threading: the site's loop.
class Command : public std::enable_shared_from_this<Command> {
  public:
    /// `over` runs once, when it has ended and will not run again; not before start() returns. A command that
    /// cannot be started is logged, and is over like one that failed.
    ///
    /// The command lives until then, also when nobody holds it.
    static std::shared_ptr<Command> start(const Site& site, const CommandSettings& settings,
                                          const Environment& environment, std::function<void()> over);

    /// Does not run it again, and tells it to end. `over` may run before this returns.
    void end();
    bool is_over() const { return over_ == nullptr; }

  private:
    Command(const Site& site, const CommandSettings& settings, const Environment& environment,
            std::function<void()> over);
    void run();
    void run_after_pause();
    void exited(const std::string& how);
    void finish();

    const Site site_;
    const CommandSettings settings_;
    const Environment environment_;
    std::function<void()> over_;  // empty: it is over

    bool ending_ = false;
    std::unique_ptr<Process> process_;
    Timer next_;  ///< the restart, or the report that nothing could be started
};

}  // namespace rill::hooks
