// What the variants of one presentation have in common.
#pragma once

#include <rill/media/access_unit.hpp>

#include <cstdint>
#include <deque>

namespace rill::hls {

/// RFC 8216bis §6.2.4: matching content has matching time stamps, dates and Discontinuity Sequence Numbers in
/// all variants. The leading segmenter says here what they are, and those of renditions, which come a little
/// behind it, keep to it. Threading: none of its own.
class Timeline {
  public:
    /// Where the time stamps in segments begin, as running time. Once.
    void begin(Nanoseconds epoch) { epoch_ = epoch; }
    Nanoseconds epoch() const { return epoch_; }

    /// A segment of the leader's begins at `start`, `discontinuities` after the beginning, itself included.
    void mark(Nanoseconds start, std::int64_t utc_us, std::uint64_t discontinuities);
    /// Of the leader's content of that time.
    std::uint64_t discontinuities(Nanoseconds time) const;
    std::int64_t utc_us(Nanoseconds time) const;

  private:
    struct Mark {
        Nanoseconds start;
        std::int64_t utc_us;
        std::uint64_t discontinuities;
    };
    const Mark& mark_of(Nanoseconds time) const;

    Nanoseconds epoch_{0};
    std::deque<Mark> marks_{Mark{Nanoseconds(0), 0, 0}};
};

}  // namespace rill::hls
