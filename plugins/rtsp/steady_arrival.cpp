#include "steady_arrival.hpp"

#include <algorithm>

namespace rill::rtsp {

namespace {

using namespace std::chrono_literals;

// B-frames go back by less.
constexpr auto max_reordering = 1s;
// A clock that is slower than ours makes the least delay grow: by this part of the time at most. Crystals are
// within a tenth of it.
constexpr int drift_divisor = 1000;
// A camera that stood still, and whose timestamps stood still with it, is late for good. What was only held
// up comes in a burst, and is late no longer.
constexpr auto max_lateness = 1s;
constexpr auto late_for_good = 3s;

}  // namespace

SteadyArrival::Time SteadyArrival::of(std::uint32_t ssrc, std::uint32_t timestamp, Time came) {
    if (ssrc_ != ssrc) return begin(ssrc, timestamp, came);
    const auto step = static_cast<std::int32_t>(timestamp - timestamp_);
    if (step == 0) return media_time() + delay_;
    const bool jumped_back = step < 0 && -std::int64_t{step} * 1s > clock_rate_ * max_reordering;
    if (jumped_back) return begin(ssrc, timestamp, came);
    timestamp_ = timestamp;
    ticks_ += step;
    follow(came - media_time(), came);
    return media_time() + delay_;
}

SteadyArrival::Time SteadyArrival::begin(std::uint32_t ssrc, std::uint32_t timestamp, Time came) {
    ssrc_ = ssrc;
    timestamp_ = timestamp;
    ticks_ = 0;
    came_ = came;
    delay_ = came;
    late_since_.reset();
    return came;
}

void SteadyArrival::follow(Time delay, Time came) {
    const Time drift = std::max(came - came_, Time(0)) / drift_divisor;
    came_ = came;
    delay_ = std::min(delay_ + drift, delay);
    if (delay - delay_ <= max_lateness) {
        late_since_.reset();
        return;
    }
    least_late_ = late_since_ ? std::min(least_late_, delay) : delay;
    if (!late_since_) late_since_ = came;
    if (came - *late_since_ < late_for_good) return;
    delay_ = least_late_;
    late_since_.reset();
}

SteadyArrival::Time SteadyArrival::media_time() const {
    const std::int64_t seconds = ticks_ / clock_rate_;
    const std::int64_t rest = ticks_ % clock_rate_;
    return Time(std::chrono::seconds(seconds)) + Time(Time(1s).count() * rest / clock_rate_);
}

}  // namespace rill::rtsp
