// How long to wait before trying again. Pure: no clock, no thread, the randomness is given.
#pragma once

#include <rill/result.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rill {

/// Grows by a quarter from 0.5 s to 30 s, so that a camera that was away for a time waits about a quarter of
/// that time at most when it is back; each with ±20 % of jitter so that a thousand cameras behind one
/// rebooting switch do not come back in step. After a refused login it waits a minute and more: many cameras
/// lock an account after a few tries.
class Backoff {
  public:
    using Milliseconds = std::chrono::milliseconds;
    explicit Backoff(std::uint64_t seed) : random_(seed | 1) {}

    /// The wait after a failure of this kind. `held` is how long all had been well before it: after a good
    /// while the waits begin at the shortest again.
    Milliseconds next(Code code, std::chrono::nanoseconds held = {}) {
        if (held > good_while) step_ = minimum;
        if (code == Code::unauthorized) return jitter(unauthorized);
        const Milliseconds wait = jitter(step_);
        step_ = std::min(step_ * 5 / 4, maximum);
        return wait;
    }

  private:
    static constexpr Milliseconds minimum{500};
    static constexpr Milliseconds maximum{30'000};
    static constexpr Milliseconds unauthorized{60'000};
    static constexpr Milliseconds good_while{10'000};

    Milliseconds jitter(Milliseconds wait) {
        random_ ^= random_ << 13;  // xorshift64: enough to spread retries
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return wait * (80 + static_cast<std::int64_t>(random_ % 41)) / 100;
    }

    Milliseconds step_ = minimum;
    std::uint64_t random_;
};

}  // namespace rill
