#include "timeline.hpp"

#include <algorithm>
#include <chrono>

namespace rill::hls {

namespace {

/// More segments than the renditions of a picture can be behind it.
constexpr std::size_t marks_kept = 64;

}  // namespace

void Timeline::mark(Nanoseconds start, std::int64_t utc_us, std::uint64_t discontinuities) {
    marks_.push_back({start, utc_us, discontinuities});
    if (marks_.size() > marks_kept) marks_.pop_front();
}

const Timeline::Mark& Timeline::mark_of(Nanoseconds time) const {
    const auto found = std::ranges::find_if(marks_.rbegin(), marks_.rend(),
                                            [time](auto& mark) { return mark.start <= time; });
    return found == marks_.rend() ? marks_.front() : *found;
}

std::uint64_t Timeline::discontinuities(Nanoseconds time) const {
    return mark_of(time).discontinuities;
}

std::int64_t Timeline::utc_us(Nanoseconds time) const {
    const Mark& mark = mark_of(time);
    return mark.utc_us + std::chrono::duration_cast<std::chrono::microseconds>(time - mark.start).count();
}

}  // namespace rill::hls
