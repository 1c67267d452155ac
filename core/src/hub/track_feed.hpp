// Feeds one track of a path into an appsrc of a sink's own pipeline.
#pragma once

#include <rill/sink.hpp>

#include <gst/app/gstappsrc.h>

#include <memory>
#include <mutex>

namespace rill {

/// Takes from the link only while the appsrc has room: what does not fit waits in the link, which drops to
/// the next keyframe when it overflows. So a blocked pipeline costs bounded memory and nobody else's time.
///
/// Threading: made and destroyed on the path's loop; the pump runs on the producer's and on the appsrc's
/// thread.
class TrackFeed {
  public:
    TrackFeed(SinkHost& host, const Track& track, GstElement* appsrc);
    TrackFeed(const TrackFeed&) = delete;
    TrackFeed& operator=(const TrackFeed&) = delete;
    ~TrackFeed();

    /// Connects to the track. After the pipeline plays.
    void begin();

  private:
    struct State;
    SinkHost& host_;
    Track track_;
    std::shared_ptr<State> state_;
};

}  // namespace rill
