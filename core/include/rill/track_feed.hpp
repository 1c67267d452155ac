// Feeds one track of a path into an appsrc of a pipeline of one's own.
#pragma once

#include <rill/link.hpp>

#include <gst/gst.h>

#include <functional>
#include <memory>

namespace rill {

/// Takes from the link only while the appsrc has room: what does not fit waits in the link, which drops to
/// the next keyframe when it overflows. So a blocked pipeline costs bounded memory and nobody else's time.
///
/// The buffers' timestamps are running time (AccessUnit), in a segment that begins at 0. A change of format
/// is a change of caps; units in another codec are passed over, since that takes another pipeline.
///
/// Threading: made, begun and destroyed on one thread; the pump runs on the producer's and on the appsrc's
/// thread.
class TrackFeed {
  public:
    using Connect = std::function<std::unique_ptr<Link>(LinkSpec)>;

    /// `format` says which caps the appsrc has before the first unit.
    TrackFeed(const Format& format, GstElement* appsrc);
    TrackFeed(const TrackFeed&) = delete;
    TrackFeed& operator=(const TrackFeed&) = delete;
    ~TrackFeed();

    /// Connects to the track, with `bounds` as they are but for `ready`, which is the feed's. After the
    /// pipeline plays.
    void begin(const Connect& connect, LinkSpec bounds = {});
    /// Of its link; nothing before begin().
    LinkStatistics statistics() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace rill
