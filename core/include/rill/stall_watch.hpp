// Finds a decoder or an encoder that takes what it is given and gives out nothing.
#pragma once

#include <rill/media/access_unit.hpp>

#include <chrono>
#include <cstdint>

namespace rill {

/// Threading: none of its own; one thread at a time.
class StallWatch {
  public:
    explicit StallWatch(Nanoseconds now) : gave_at_(now) {}

    /// To be asked now and then, with what was taken and given out since this was made. True once 20 units
    /// were taken in vain, and 5 seconds have passed since something was given out or nothing was taken.
    bool is_stalled(std::uint64_t taken, std::uint64_t given, Nanoseconds now) {
        if (given != given_ || taken == taken_) {
            given_ = given;
            taken_ = taken;
            gave_at_ = now;
        }
        return now - gave_at_ >= patience && taken - taken_ >= taken_in_vain;
    }

  private:
    static constexpr Nanoseconds patience = std::chrono::seconds(5);
    static constexpr std::uint64_t taken_in_vain = 20;

    std::uint64_t given_ = 0;
    std::uint64_t taken_ = 0;  ///< when it last gave out something
    Nanoseconds gave_at_;
};

}  // namespace rill
