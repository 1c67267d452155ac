// The connection of one consumer to one track.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/rendition.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rill {

/// A track of a path as its consumers name it. The slot outlives a source: after a reconnection the same
/// index goes on, perhaps in another format.
struct Track {
    std::size_t index = 0;                 ///< within the path
    std::shared_ptr<const Format> format;  ///< at the time of the snapshot; never null
    /// What is made of the source's track (SinkHost::render). Empty: that track itself.
    std::optional<Rendition> rendition = std::nullopt;
};

enum class StartAt {
    cached_keyframe = 1,  ///< what the GOP cache holds, then live: first picture at once
    live,                 ///< from the next unit (video: the next keyframe)
};

struct LinkSpec {
    StartAt start = StartAt::cached_keyframe;
    /// Running time. The cached start is then from the last keyframe at or before it, or the oldest that is
    /// kept (Sink::history()).
    std::optional<Nanoseconds> since;
    /// Bounds of the queue between producer and consumer, for what comes after the cached start. Beyond any
    /// of them the link drops all it holds and goes on at the next keyframe.
    std::size_t max_units = 512;
    std::size_t max_bytes = 16u << 20;
    /// Whether it also brings what is shown while the camera is away (AccessUnit::stand_in). Without it that
    /// time is a gap.
    bool stand_in = true;
    /// Called when the queue was empty and no longer is, on the producer's streaming thread (for the cached
    /// start: on the linking thread, before link() returns). It must not block and may call take() at once.
    std::function<void()> ready;
};

/// How much of a path's past is kept in memory: whole groups of pictures, as many as cover the duration and
/// are not larger than the bytes.
struct History {
    Nanoseconds duration{0};
    std::size_t bytes = 0;
};

struct LinkStatistics {
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::size_t queued = 0;
};

/// Destroying it disconnects: when the destructor returns, `ready` is not running and will not run (unless
/// destroyed from inside `ready`, which is allowed). Until then `ready` may take() from it on its thread: who
/// wraps a link keeps everything that take() needs until the link is gone. Note that unique_ptr::reset() is
/// empty before the link is gone.
///
/// Threading: take() from one thread at a time; statistics() from any.
class Link {
  public:
    virtual ~Link() = default;
    /// The next unit, or null when there is none now. The first one is a keyframe; after a loss, too, and
    /// then marked as a discontinuity.
    virtual UnitPtr take() = 0;
    virtual LinkStatistics statistics() const = 0;
};

}  // namespace rill
