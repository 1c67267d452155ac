// What fills a presentation with a path's media.
#pragma once

#include "plan.hpp"
#include "presentation.hpp"
#include "timeline.hpp"

#include <rill/sink.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
    std::vector<int> heights;      ///< of renditions beside the picture, highest first
    std::vector<std::string> allow_origins;
    std::string directory;  ///< of closed segments; empty: they stay in memory

    /// Error: invalid_config.
    static Result<Settings> from(const Options& options);
};

/// What a feed of a rendition takes over from the one that it is a rendition of.
struct Leader {
    std::size_t track = 0;  ///< of the source: Track::index
    Plan plan;
    std::shared_ptr<const Format> sound;  ///< beside the picture, as it is known by now; null: none
};

/// Threading: the path's loop. Destroying it ends every link and pipeline of it.
class Feed {
  public:
    virtual ~Feed() = default;
    /// The path has these tracks now. False: they do not fit into the presentation, which has to end.
    virtual bool update(std::span<const Track> tracks) = 0;
    /// The longest time between keyframes so far; zero while unknown.
    virtual Nanoseconds keyframe_interval() const = 0;
    /// Empty: it has begun nothing yet, or nothing that may be followed.
    virtual std::optional<Leader> leader() const { return std::nullopt; }
};

/// CMAF, for lowLatency and fmp4. `keyframe_interval`: what an earlier feed of the path found out. Error:
/// not_acceptable when the path has nothing that CMAF carries; as SinkHost::render() when its picture would
/// have to be made.
Result<std::unique_ptr<Feed>> make_cmaf_feed(SinkHost& host, std::span<const Track> tracks,
                                             const Settings& settings, Nanoseconds keyframe_interval,
                                             Presentation& presentation, Timeline& timeline);

/// The same of a rendition, which `tracks` have instead of the source's picture. Its media sequence begins
/// with `first_sequence`.
Result<std::unique_ptr<Feed>> make_rendition_feed(SinkHost& host, std::span<const Track> tracks,
                                                  const Settings& settings, const Leader& leader,
                                                  std::uint64_t first_sequence, Presentation& presentation,
                                                  const Timeline& timeline);

/// MPEG-TS. `give_up` is called on the path's loop when the presentation cannot keep what its playlist
/// promised. Error: as above, or unavailable when a GStreamer element is missing.
Result<std::unique_ptr<Feed>> make_mpegts_feed(SinkHost& host, std::span<const Track> tracks,
                                               const Settings& settings, Nanoseconds keyframe_interval,
                                               Presentation& presentation,
                                               std::function<void(Error)> give_up);

/// The tracks with one picture and one sound that `carries` takes, if they can be had: where the source has
/// none, H.264 is made of its first picture and AAC of its sound (with_playable_sound()). Error: the picture
/// cannot be made.
Result<std::vector<Track>> playable(SinkHost& host, std::span<const Track> tracks, bool (*carries)(Codec));
/// The first track of this kind among those whose codec `carries` takes; null: none.
const Track* first_track(std::span<const Track> tracks, Kind kind, bool (*carries)(Codec));
/// Says which tracks players will miss.
void mention_left_out(const Log& log, std::span<const Track> tracks, bool (*carries)(Codec));

}  // namespace rill::hls
