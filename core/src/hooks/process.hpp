// One run of a command.
#pragma once

#include "processes.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rill::hooks {

struct ProcessSettings {
    std::vector<std::string> arguments;    ///< the program first
    std::vector<std::string> environment;  ///< "NAME=value", all that it gets
    Log log;                               ///< for what it prints
    /// Between SIGINT and SIGKILL: time to finish a file.
    std::chrono::milliseconds exit_limit{10'000};
};

/// A command and what it started, as one process group. Nobody ever waits for it with a blocked thread.
///
/// The run is over when the command has exited and, if it was told to end, nothing of its group is left. What
/// a command left in the background and exited by itself is not looked after.
///
/// Threading: the loop's thread, which must outlive the run.
class Process {
  public:
    /// `over` runs once, with the status of waitpid(2); not before start() returns, and not after the object
    /// has gone. Error: of spawn() and ProcessRoll::may_start().
    static Result<std::unique_ptr<Process>> start(Loop& loop, const Processes& processes,
                                                  const ProcessSettings& settings,
                                                  std::function<void(int status)> over);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// Tells it to end, and does not wait for that.
    ~Process();

    /// SIGINT to the group, SIGKILL after the limit. The second call does nothing.
    void end();

  private:
    class Run;
    explicit Process(std::shared_ptr<Run> run) : run_(std::move(run)) {}
    std::shared_ptr<Run> run_;
};

/// "command exited with code 1", "command was ended by signal 9".
std::string describe_status(int status);

}  // namespace rill::hooks
