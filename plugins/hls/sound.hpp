// The sound beside a picture: queued until the part of its time is cut, and continued with silence where the
// source sends none.
#pragma once

#include <rill/media/access_unit.hpp>

#include <deque>
#include <memory>
#include <vector>

namespace rill::hls {

/// Sound may arrive some time after the picture it belongs to; then it goes into a later part, which players
/// put where it belongs. When it is half a second late it counts as missing and silence takes its place,
/// until units that are not late come again. Threading: none of its own.
class Sound {
  public:
    /// Begins at `start` in this format, or without sound when null. Older units are forgotten.
    void restart(std::shared_ptr<const Format> format, Nanoseconds start);
    void push(const UnitPtr& unit);
    /// The units until `end`, without a hole. Empty: no frame fits, or there is no sound.
    std::vector<UnitPtr> take(Nanoseconds end);
    /// Where the units given out so far end.
    Nanoseconds end() const { return end_; }
    const std::shared_ptr<const Format>& format() const { return format_; }

  private:
    void fill(Nanoseconds until, std::vector<UnitPtr>& units);

    std::shared_ptr<const Format> format_;
    std::vector<std::uint8_t> silence_;
    std::deque<UnitPtr> queue_;
    Nanoseconds frame_{0};
    Nanoseconds end_{0};
    bool missing_ = false;
};

}  // namespace rill::hls
