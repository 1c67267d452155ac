// From a camera's own sound to the rendition of it that is recorded.
#pragma once

#include <rill/media/access_unit.hpp>

#include <deque>
#include <optional>
#include <vector>

namespace rill::record {

/// A recording that begins in the past has sound from before its rendition was begun: the camera's own, until
/// a keyframe of the leading track from which on there is the rendition. What is made comes later than what
/// it is made of, so the camera's own sound from that keyframe on is held until one of both is known to be
/// the one to write.
///
/// Threading: one thread at a time.
class Handover {
  public:
    /// Both in the order of their dts.
    void push_own(UnitPtr unit);
    void push_made(UnitPtr unit);
    /// What can be written by now. `keyframe` is the dts of the newest of the leading track; without one the
    /// sound leads, and may change anywhere.
    std::vector<UnitPtr> take(std::optional<Nanoseconds> keyframe);
    /// What is held, when nothing will follow.
    std::vector<UnitPtr> take_rest();
    /// From here on the rendition is written as it comes.
    bool is_over() const { return is_over_; }

  private:
    bool may_change_at(Nanoseconds time) const;
    void take_own_before(Nanoseconds time, std::vector<UnitPtr>& out);

    std::deque<UnitPtr> own_;
    std::deque<UnitPtr> made_;
    Nanoseconds written_{-1};            ///< dts of the newest
    std::optional<Nanoseconds> change_;  ///< where it is going to be
    bool is_over_ = false;
};

}  // namespace rill::record
