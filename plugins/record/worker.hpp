// A thread that may wait for a disk, and what is queued for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace rill::record {

/// Runs jobs in order, on a thread that starts with the first one. A disk may hang: then close() gives up
/// after its time and the thread is left alone, so jobs own what they use.
///
/// Threading: any thread.
class Worker {
  public:
    /// `idle` runs on the thread whenever no job waits, and says after what time it wants to run again
    /// without one. The name is shown by the system (15 characters).
    explicit Worker(std::string name, std::function<std::chrono::milliseconds()> idle = nullptr);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    /// `bytes` count as queued until the job is done. Dropped after close().
    void post(std::function<void()> job, std::uint64_t bytes = 0);
    std::uint64_t queued_bytes() const;
    /// Runs what is queued, and ends. False when that took longer.
    bool close(std::chrono::milliseconds timeout);

  private:
    struct Job {
        std::function<void()> run;
        std::uint64_t bytes;
    };
    struct State {
        std::string name;
        std::function<std::chrono::milliseconds()> idle;
        mutable std::mutex mutex;
        std::condition_variable changed;
        // Locked: mutex.
        std::deque<Job> jobs;
        std::uint64_t bytes = 0;
        bool started = false;
        bool closing = false;
        bool ended = false;
    };
    static void run(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace rill::record
