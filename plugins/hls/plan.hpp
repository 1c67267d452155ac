// The two durations that a playlist promises once and for ever: target duration and part target.
#pragma once

#include <rill/media/access_unit.hpp>

#include <span>

namespace rill::hls {

/// What the configuration asks for.
struct Wishes {
    Nanoseconds segment_duration{0};
    Nanoseconds part_duration{0};
    bool parts = false;  ///< low latency
};

/// What is promised. RFC 8216bis §4.4.3.1 and §4.4.3.7: neither may change while the playlist lives.
struct Plan {
    Nanoseconds part_target{0};      ///< whole milliseconds; parts are never longer
    Nanoseconds target_duration{0};  ///< whole seconds; no segment is longer when rounded to a second
    Nanoseconds step{0};             ///< the usual distance of two units
};

/// Whether `units` (of the leading track, from a keyframe on) tell enough to plan: with parts, a part's time;
/// without, a whole segment's. Nothing could be published before that anyway.
bool can_plan(const Wishes& wishes, std::span<const UnitPtr> units);

/// `known_interval` is the longest distance between keyframes that an earlier presentation of the same path
/// saw, or zero.
///
/// Part target: as many whole frames as fit into the part duration (at least one), plus what the frames
/// jitter, so that parts of equal frame count are all between 85 % and 100 % of it.
///
/// Target duration: segments end at keyframes, and the distance of keyframes is the camera's choice. When it
/// is known, the segment that results and a second of reserve. When it is not (a player must not wait a whole
/// GOP for its first picture), four seconds or twice what the current GOP already lasts. What outgrows it
/// later is cut in the middle of a GOP.
Plan make_plan(const Wishes& wishes, std::span<const UnitPtr> units, Nanoseconds known_interval);

/// The longest distance between two keyframes in `units`; zero when there are fewer than two.
Nanoseconds longest_keyframe_interval(std::span<const UnitPtr> units);

}  // namespace rill::hls
