// Makes the times of one path's units usable: monotonic in each track, continuous over a rebuilt source,
// never far from now.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

namespace rill {

/// Pure: the time of arrival is given. One object for all tracks of a path, so that sound and picture keep
/// their offset when the camera's clock jumps: the first track that jumps sets the new offset and the others
/// follow it.
class TimestampRepair {
  public:
    using Time = std::chrono::nanoseconds;

    struct Repaired {
        Time pts, dts;
        bool jumped;  ///< the times before and after do not belong together
    };

    /// `pts` and `dts` in running time as the source stamped them; either may be missing. `now` is the
    /// running time of arrival.
    Repaired repair(std::size_t track, std::optional<Time> pts, std::optional<Time> dts, Time now);

    /// How many frames of a track come before one that is shown earlier, where that is known beforehand; else
    /// it is learned from the first of them, whose time then suffers. `frame_duration` may be a guess, above
    /// 0.
    void expect_reordering(std::size_t track, std::size_t frames, Time frame_duration);

  private:
    struct TrackState {
        Time offset{0};
        Time last_dts{-1};
        std::optional<Time> last_input;
        std::vector<Time> reorder;  // the newest inputs, sorted: the smallest is the decode time
        std::size_t depth = 0;      // B-frames: how far presentation runs behind decoding, in frames
        Time frame_duration{std::chrono::milliseconds(40)};
    };
    TrackState& state_of(std::size_t track);
    Time decode_time(TrackState& state, Time pts);

    std::vector<TrackState> tracks_;
    Time offset_{0};
};

}  // namespace rill
