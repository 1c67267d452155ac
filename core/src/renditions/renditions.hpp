// The renditions of one path.
#pragma once

#include "rendered_track.hpp"
#include "util/permits.hpp"

#include <rill/link.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/result.hpp>
#include <rill/status.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace rill {

/// Each is made once, however many ask. Threading: the path's loop, except status().
class Renditions {
  public:
    struct Given {
        Log log;  ///< of the path
        std::shared_ptr<Stream> source;
        Loop* loop;
        std::shared_ptr<Permits> limit;
        /// How long one is kept after its last link: a viewer who reloads the page finds it running.
        std::chrono::milliseconds linger = std::chrono::seconds(5);
    };
    explicit Renditions(Given given);
    Renditions(const Renditions&) = delete;
    Renditions& operator=(const Renditions&) = delete;

    /// SinkHost::render.
    Result<Track> render(const Track& track, const Rendition& rendition);
    /// Of a track from render().
    std::unique_ptr<Link> link(const Track& track, LinkSpec spec);
    void request_keyframe(const Track& track);
    /// The source's tracks now.
    void follow(const std::vector<Track>& tracks);
    /// Ends all of them: the path stops. Links that are left bring nothing more.
    void clear();
    /// As of a second ago. Any thread.
    std::vector<RenditionStatus> status() const;

  private:
    using Key = std::pair<std::size_t, Rendition>;
    Result<std::shared_ptr<RenderedTrack>> find_or_make(const Track& track, const Rendition& rendition);
    void publish();

    const Given given_;
    std::map<Key, std::shared_ptr<RenderedTrack>> tracks_;
    Timer seconds_;  // while there are any

    mutable std::mutex mutex_;
    std::vector<RenditionStatus> status_;  // locked: mutex_
};

}  // namespace rill
