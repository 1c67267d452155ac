// One program at the other end of the socket, and what it holds.
#pragma once

#include "shared_area.hpp"

#include <rill/clock.hpp>
#include <rill/fd.hpp>
#include <rill/loop.hpp>
#include <rill/media/access_unit.hpp>

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace rill::frames {

/// The messages of GStreamer's shmpipe, in the machine's own words: both ends are on one machine.
///
/// Threading: one thread at a time, but made and destroyed on the loop of `heard`.
class SharedConsumer {
  public:
    static constexpr std::size_t most_slots = 16;

    SharedConsumer(Fd fd, Timer heard) : fd_(std::move(fd)), heard_(std::move(heard)) {}

    /// Says where pictures will be. Once, before the first.
    void introduce(const SharedArea& area);
    bool knows_area() const { return knows_area_; }
    /// A picture is in the slot, and is held until it is given back.
    void send(const SharedArea& area, std::size_t slot);
    /// Takes in what it has given back. False: it has gone, or has said what it may not.
    bool read(std::size_t slot_bytes);

    std::size_t held() const { return held_.count(); }
    bool holds(std::size_t slot) const { return held_[slot]; }
    /// A picture was not for it, since it holds too many.
    void refuse();
    /// Since when it is refused pictures and gives nothing back; `now` (running time) when it is not.
    Nanoseconds idle_since(Nanoseconds now) const { return refused_since_.value_or(now); }
    /// The loop hears that it has gone, and removes it.
    void hang_up();

  private:
    bool take_back(std::size_t slot_bytes);
    void write(const void* bytes, std::size_t size);

    const Fd fd_;
    const Timer heard_;
    bool knows_area_ = false;
    std::bitset<most_slots> held_;
    std::optional<Nanoseconds> refused_since_;  // running time
    std::string input_;                         // less than a message
};

}  // namespace rill::frames
