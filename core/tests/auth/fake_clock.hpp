// Time that passes when the test says so.
#pragma once

#include <rill/clock.hpp>

namespace rill::auth::test {

class FakeClock final : public Clock {
  public:
    std::chrono::nanoseconds now() const override { return now_; }
    void advance(std::chrono::nanoseconds by) { now_ += by; }

  private:
    std::chrono::nanoseconds now_ = std::chrono::hours(1);
};

}  // namespace rill::auth::test
