// The living content of a path: its tracks, the GOP cache, and the fan-out to every link.
#pragma once

#include "gop_cache.hpp"
#include "link_queue.hpp"
#include "timestamp_repair.hpp"

#include <rill/link.hpp>
#include <rill/status.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rill {

/// A unit as the source stamped it, before repair.
struct RawUnit {
    std::shared_ptr<const Format> format;
    Ref<GstBuffer> buffer;
    std::optional<Nanoseconds> pts, dts;  ///< running time
    Nanoseconds duration{0};
    bool keyframe = false;
    bool discontinuity = false;
};

/// What fills a stream.
enum class Filler {
    source = 1,  ///< the path's: its camera
    stand_in,    ///< what is shown while the camera is away
};

/// Outlives every source of its path. Tracks are slots: once there, a slot keeps its index; a rebuilt source
/// fills the same slots again, kind by kind in order. At each moment one source fills the stream. A stand-in
/// may still be there when the next attempt at the camera begins: it goes on until the camera's first
/// keyframe.
///
/// Threading: all methods from any thread; push() for one track from one thread at a time. No consumer is
/// called under the lock.
class Stream : public std::enable_shared_from_this<Stream> {
  public:
    explicit Stream(GopCache::Bounds bounds, History history = {});

    enum class Pushed {
        taken = 1,
        left_out,  ///< it cannot be shown, or another source fills the stream
        ended,     ///< the source's time is over
    };

    /// Begins the time of a new source; what an older one still pushes is ignored. The result goes into
    /// claim() and push().
    std::uint64_t begin_source(Filler filler = Filler::source);
    /// The slot of the next track of this kind of the source; made if need be.
    std::size_t claim(std::uint64_t source, Kind kind);
    /// Repairs the times and hands the unit to the cache and to every link.
    Pushed push(std::uint64_t source, std::size_t track, RawUnit unit);

    /// The slots that the current source has filled with at least one unit, with their formats.
    std::vector<Track> tracks() const;
    std::unique_ptr<Link> link(std::size_t track, LinkSpec spec);
    /// Decode time of the newest unit of a track; 0: there was none yet.
    Nanoseconds newest(std::size_t track) const;
    /// What this source still pushes is ignored.
    void end_source(std::uint64_t source);
    /// What any source still pushes is ignored, and the cache forgets what it has.
    void end();
    /// UTC of the unit with which a link begins that is made with this LinkSpec::since, and now; 0: the cache
    /// holds none.
    std::int64_t kept_from(std::optional<Nanoseconds> since) const;

    struct Counters {
        std::vector<TrackStatus> tracks;
        std::uint64_t bytes = 0;    ///< from the camera; a stand-in does not count, nor do its units
        std::uint64_t dropped = 0;  ///< by links, also of those that are gone
    };
    Counters counters() const;
    /// Running time of the newest arrival from this source: of video if it has video. 0: there was none.
    Nanoseconds last_arrival(std::uint64_t source) const;

  private:
    class StreamLink;
    using Queues = std::vector<std::shared_ptr<LinkQueue>>;
    struct Slot {
        explicit Slot(Kind kind) : kind(kind) {}
        Kind kind;
        std::shared_ptr<const Format> format;  // of the newest unit; null before the first
        std::uint64_t filled_by = 0;           // the source of the newest unit
        bool gap = false;                      // the next unit is the first of a new source
        std::uint64_t sequence = 0;
        TrackStatus status;
        Nanoseconds newest{0};                                              // decode time
        std::shared_ptr<const Queues> queues = std::make_shared<Queues>();  // replaced, never changed
    };
    /// A source whose time is not over.
    struct Input {
        std::uint64_t number;
        Filler filler;
        std::vector<std::size_t> tracks = {};  // claimed
        bool has_video = false;
        Nanoseconds arrival{0};  // of video if there is video
    };
    // With mutex_ held.
    Input* find(std::uint64_t source);
    bool takes_over(const Input& input, const Slot& slot, const RawUnit& unit) const;
    void make_current(std::uint64_t source);
    void expect_order(std::size_t track, const Format& format);

    void unlink(std::size_t track, const std::shared_ptr<LinkQueue>& queue);

    mutable std::mutex mutex_;
    // Locked: mutex_.
    std::uint64_t newest_source_ = 0;
    std::uint64_t source_ = 0;   // the one that fills the stream, or did last
    std::vector<Input> inputs_;  // the stand-in and an attempt at the camera at most
    std::vector<Slot> slots_;
    TimestampRepair repair_;
    GopCache cache_;
    std::uint64_t bytes_ = 0;
    std::uint64_t dropped_ = 0;  // by links that are gone
};

}  // namespace rill
