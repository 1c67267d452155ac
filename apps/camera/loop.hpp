// A short encoded stream in memory that is sent again and again: thus a hundred cameras cost no encoding.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace rill::camera {

using std::chrono::nanoseconds;

/// One encoded picture or audio frame.
struct Unit {
    Ref<GstBuffer> data;  ///< shared by all cameras: never written to
    nanoseconds pts;      ///< from the start of the loop
    bool keyframe;
};

/// Units in decoding order, one each unit_duration. The first is a keyframe and no unit refers to one
/// outside, so that the end joins the start without a break. Immutable once made, thus usable from any
/// thread.
struct Loop {
    Ref<GstCaps> caps;
    std::vector<Unit> units;
    nanoseconds unit_duration{};
    /// How long after its place in decoding order a unit exists in a real camera: an audio frame when its
    /// last sample is taken, a picture that B-frames refer to when it is captured.
    nanoseconds delay{};

    nanoseconds duration() const { return unit_duration * static_cast<std::int64_t>(units.size()); }
};

/// Writes the loop to a file, by way of a temporary file in the same folder.
Result<> save(const Loop& loop, const std::string& file);
/// not_found when there is no such file; internal when it is damaged.
Result<Loop> load(const std::string& file);

}  // namespace rill::camera
