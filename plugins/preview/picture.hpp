// A preview as it goes out, and what is said where there is none.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace rill::preview {

struct Picture {
    Ref<GBytes> jpeg;
    std::int64_t utc_us = 0;  ///< of the keyframe it shows, microseconds since 1970
    std::string etag;         ///< with its quotes
};

/// Where something is recorded, for those who asked elsewhere: UTC in microseconds since 1970.
struct Neighbours {
    std::optional<std::int64_t> before;  ///< when what was recorded before it ended
    std::optional<std::int64_t> after;   ///< when what was recorded after it began
};

struct Outcome {
    Result<Picture> picture;
    bool final = false;     ///< nothing that is recorded later can be nearer to the time asked for
    Neighbours neighbours;  ///< where nothing is recorded
};

}  // namespace rill::preview
