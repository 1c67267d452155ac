// Every command that runs, so that none survives the program.
#pragma once

#include <rill/result.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <sys/types.h>

namespace rill::hooks {

/// The process groups that are alive. Shared with each Process, which may outlive whom it was started for.
///
/// Threading: any thread.
class ProcessRoll {
  public:
    explicit ProcessRoll(std::size_t limit) : limit_(limit) {}

    /// Error: too_many, or unavailable after refuse().
    Result<> may_start() const;
    void add(pid_t group);
    void remove(pid_t group);

    std::size_t size() const;
    void refuse();
    /// To every group. One that ended a moment ago may still be on the roll: the system does not give its
    /// number to others so soon.
    void signal(int number) const;
    /// Whether the roll is empty; waits for it that long.
    bool wait_until_empty(std::chrono::milliseconds longest);

  private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable empty_;
    // Locked: mutex_.
    std::set<pid_t> groups_;
    bool refused_ = false;
};

/// The commands of the whole program; one object in it.
class Processes {
  public:
    /// More at once are refused.
    static constexpr std::size_t default_limit = 1000;
    explicit Processes(std::size_t limit = default_limit) : roll_(std::make_shared<ProcessRoll>(limit)) {}

    const std::shared_ptr<ProcessRoll>& roll() const { return roll_; }

    /// At shutdown, when what owns commands is gone and its loops still run: waits until every command is
    /// over. Those that are not after half the time get SIGINT, those that are not at its end SIGKILL, and
    /// then none is started any more. False when one survived even that for a second.
    ///
    /// Threading: any thread; runs that thread's main context meanwhile.
    bool close(std::chrono::milliseconds timeout);

  private:
    std::shared_ptr<ProcessRoll> roll_;
};

}  // namespace rill::hooks
