// Notices a source that is alive and silent: rtspsrc says nothing when packets stop on a living TCP
// connection.
#pragma once

#include <algorithm>
#include <chrono>

namespace rill {

/// Pure: every time is given.
class Watchdog {
  public:
    using Time = std::chrono::nanoseconds;
    explicit Watchdog(Time timeout) : timeout_(timeout) {}

    void start(Time now) { since_ = now; }
    /// Whether nothing came for the timeout. `last_arrival` is 0 before the first unit.
    bool expired(Time now, Time last_arrival) const {
        return now - std::max(since_, last_arrival) > timeout_;
    }

  private:
    Time timeout_;
    Time since_{0};
};

}  // namespace rill
