// The arithmetic of playing a file for ever: where each pass begins on the line of time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace rill::file {

/// Pure. One offset for all tracks of a pass, so that sound and picture stay together however often the file
/// begins again; a pass is as long as its longest track.
class LoopTimeline {
  public:
    using Time = std::chrono::nanoseconds;

    /// Where the file's time 0 lies in this pass. `position` and `duration` (0: unknown) are those of a
    /// buffer in the file's own time; `now` is where the very first buffer goes.
    Time offset_for(unsigned track, Time position, Time duration, Time now) {
        if (!offset_) offset_ = now - position;
        auto [it, first] = tracks_.try_emplace(track, TrackState{position, position, position, 0});
        TrackState& state = it->second;
        state.begin = std::min(state.begin, position);
        state.last = std::max(state.last, position);
        state.end = std::max(state.end, position + duration);
        ++state.buffers;
        return *offset_;
    }

    /// Begins the next pass. False: the one before was empty, and an endless loop would spin.
    bool begin_next_pass() {
        std::optional<Time> begin, end;
        for (const auto& [track, state] : tracks_) {
            begin = std::min(begin.value_or(state.begin), state.begin);
            end = std::max(end.value_or(end_of(state)), end_of(state));
        }
        tracks_.clear();
        if (!begin || *end - *begin < shortest_pass) return false;
        *offset_ += *end - *begin;
        return true;
    }

  private:
    static constexpr Time shortest_pass = std::chrono::milliseconds(100);
    static constexpr Time single_picture = std::chrono::milliseconds(40);

    struct TrackState {
        Time begin, last, end;
        std::int64_t buffers;
    };
    /// The last buffer lasts as long as it says, or as long as the others did.
    static Time end_of(const TrackState& state) {
        if (state.end > state.last) return state.end;
        return state.last +
               (state.buffers > 1 ? (state.last - state.begin) / (state.buffers - 1) : single_picture);
    }

    std::optional<Time> offset_;
    std::map<unsigned, TrackState> tracks_;  // of this pass
};

}  // namespace rill::file
