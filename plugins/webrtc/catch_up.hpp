// How a viewer gets from the last keyframe to the present: the cached pictures leave in a paced burst, and
// their RTP time is compressed so that to the viewer they arrive exactly when they were due. See
// docs/adr/0006-first-picture.md.
#pragma once

#include <rill/media/access_unit.hpp>

#include <cstddef>

namespace rill::webrtc {

/// Places units on the time line of one viewer, in the order of sending.
///
/// Times are running time. Threading: none of its own.
class CatchUp {
  public:
    /// A receiver's socket buffer (212 kB on Linux, of which a third is payload) must not overflow while its
    /// program looks the other way for a few milliseconds.
    static constexpr std::size_t bytes_per_second = 5'000'000;
    /// Distinct pictures need distinct RTP timestamps.
    static constexpr Nanoseconds smallest_step = std::chrono::microseconds(100);

    /// `transit` is what passes between the capture of a live unit and its arrival here; `last` the media
    /// time of the unit sent before, or less than any.
    CatchUp(Nanoseconds now, Nanoseconds transit, Nanoseconds last)
        : free_at_(now), transit_(transit), last_(last) {}

    struct Place {
        Nanoseconds send_at;     ///< when its first packet leaves
        Nanoseconds media_time;  ///< what its RTP timestamp says; greater than the one before
    };
    Place place(Nanoseconds pts, std::size_t bytes, Nanoseconds now);

    /// Whether the unit placed last was live: sent on arrival, with its own time. From then on there is
    /// nothing to place.
    bool done() const { return done_; }

    static Nanoseconds time_to_send(std::size_t bytes) {
        return Nanoseconds(static_cast<std::int64_t>(bytes * 1'000'000'000 / bytes_per_second));
    }

  private:
    Nanoseconds free_at_;
    Nanoseconds transit_;
    Nanoseconds last_;
    bool is_live_ = false;
    bool done_ = false;
};

}  // namespace rill::webrtc
