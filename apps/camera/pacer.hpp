// One thread that sends what is due, for all cameras.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <vector>

namespace rill::camera {

using std::chrono::nanoseconds;

/// Monotonic time since boot, as GStreamer's system clock has it.
inline nanoseconds monotonic_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

/// Something that sends at times of its own.
class Paced {
  public:
    virtual ~Paced() = default;
    /// Sends all that is due at `now`, without blocking. Returns when to be called again; nothing to be
    /// forgotten.
    virtual std::optional<nanoseconds> send_due(nanoseconds now) = 0;
};

/// Threading: add() from any thread; send_due() is called on the pacer's own.
class Pacer {
  public:
    Pacer();
    Pacer(const Pacer&) = delete;
    Pacer& operator=(const Pacer&) = delete;
    ~Pacer();

    /// The pacer does not keep `paced` alive.
    void add(std::weak_ptr<Paced> paced, nanoseconds due);

  private:
    struct Entry {
        nanoseconds due;
        std::weak_ptr<Paced> paced;
        bool operator>(const Entry& other) const { return due > other.due; }
    };

    void run();
    std::vector<Entry> wait_for_due();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;  ///< guarded by mutex_
    bool stopping_ = false;                                                   ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace rill::camera
