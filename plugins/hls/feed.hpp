// What fills a presentation with a path's media.
#pragma once

#include "presentation.hpp"

#include <rill/sink.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rill::hls {

enum class Variant { low_latency = 1, fmp4, mpegts };

/// The module's options, checked.
struct Settings {
    Variant variant = Variant::low_latency;
    std::size_t segment_count = 7;
    Nanoseconds segment_duration{0};
    Nanoseconds part_duration{0};
    std::size_t segment_max_size = 0;
    Nanoseconds close_after{0};
    bool always_remux = false;
    Nanoseconds rewind_window{0};  ///< zero: none
    std::vector<std::string> allow_origins;

    static Settings from(const Options& options);
};

/// Threading: the path's loop. Destroying it ends every link and pipeline of it.
class Feed {
  public:
    virtual ~Feed() = default;
    /// The path has these tracks now. False: they do not fit into the presentation, which has to end.
    virtual bool update(std::span<const Track> tracks) = 0;
    /// The longest time between keyframes so far; zero while unknown.
    virtual Nanoseconds keyframe_interval() const = 0;
};

/// CMAF, for lowLatency and fmp4. `keyframe_interval`: what an earlier feed of the path found out. Error:
/// not_acceptable when the path has nothing that CMAF carries.
Result<std::unique_ptr<Feed>> make_cmaf_feed(SinkHost& host, std::span<const Track> tracks,
                                             const Settings& settings, Nanoseconds keyframe_interval,
                                             Presentation& presentation);

/// MPEG-TS. `give_up` is called on the path's loop when the presentation cannot keep what its playlist
/// promised. Error: as above, or unavailable when a GStreamer element is missing.
Result<std::unique_ptr<Feed>> make_mpegts_feed(SinkHost& host, std::span<const Track> tracks,
                                               const Settings& settings, Nanoseconds keyframe_interval,
                                               Presentation& presentation,
                                               std::function<void(Error)> give_up);

/// The first track of this kind among those whose codec `carries` takes; null: none.
const Track* first_track(std::span<const Track> tracks, Kind kind, bool (*carries)(Codec));
/// Says which tracks players will miss.
void mention_left_out(const Log& log, std::span<const Track> tracks, bool (*carries)(Codec));

}  // namespace rill::hls
