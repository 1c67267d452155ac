#include "catch_up.hpp"

#include <algorithm>

namespace rill::webrtc {

namespace {

/// By how much a live unit may be later than usual and still count as one.
constexpr Nanoseconds jitter = std::chrono::milliseconds(100);

}  // namespace

CatchUp::Place CatchUp::place(Nanoseconds pts, std::size_t bytes, Nanoseconds now) {
    // Live is who finds the line free. Cached units only do when there is nothing to catch up with.
    is_live_ = is_live_ || (free_at_ <= now && now - pts < transit_ + jitter);
    const Nanoseconds send_at = std::max(now, free_at_);
    free_at_ = send_at + time_to_send(bytes);
    const Nanoseconds due = is_live_ ? pts : std::max(pts, send_at - transit_);
    done_ = is_live_ && due > last_;
    last_ = std::max(due, last_ + smallest_step);
    return {send_at, last_};
}

}  // namespace rill::webrtc
