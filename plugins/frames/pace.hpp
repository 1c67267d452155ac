// Fewer pictures than the camera has, for who wants no more.
#pragma once

#include "picture.hpp"

#include <algorithm>

namespace rill::frames {

/// Threading: one thread at a time.
class Pace {
  public:
    /// The least time between two pictures; 0: each is wanted.
    explicit Pace(Nanoseconds interval) : interval_(interval) {}

    bool is_due(const Stamp& stamp) const { return stamp.running + slack >= due_; }
    /// In step with the time line, so that 10 of 25 a second are 10.
    void taken(const Stamp& stamp) { due_ = std::max(due_ + interval_, stamp.running); }

  private:
    /// Cameras waver.
    static constexpr std::chrono::milliseconds slack{1};

    const Nanoseconds interval_;
    Nanoseconds due_{0};
};

}  // namespace rill::frames
