// Decodes one track: appsrc ! decoder ! appsink.
#pragma once

#include "arrivals.hpp"
#include "counters.hpp"

#include <rill/codec_elements.hpp>
#include <rill/pipeline.hpp>
#include <rill/sink.hpp>
#include <rill/stall_watch.hpp>
#include <rill/track_feed.hpp>

#include <gst/video/video.h>

#include <functional>
#include <memory>
#include <string>

namespace rill::frames {

/// Whole pictures only: damaged ones, and those from before it has caught up with the camera, are counted and
/// left out. Damaged units do not end it.
///
/// Threading: made and destroyed on the path's loop.
class Decoder {
  public:
    struct Events {
        /// On GStreamer's thread, for a moment also after the decoder is gone; must not block.
        std::function<void(Ref<GstBuffer>, const GstVideoInfo&, std::int64_t utc_us, Nanoseconds running)>
            picture;
        /// On the path's loop: it cannot go on.
        std::function<void(const std::string& reason)> failed;
    };
    /// Error: unavailable (no decoder for the codec, with its package), internal.
    static Result<std::unique_ptr<Decoder>> create(SinkHost& host, const Track& track, StartAt start,
                                                   Hardware hardware, std::shared_ptr<Counters> counters,
                                                   Events events);
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder();

    /// Of the element: "avdec_h264".
    const std::string& name() const { return name_; }
    /// StallWatch's, of units and pictures. To be asked now and then.
    bool is_stalled();

  private:
    struct Outlet;
    Decoder(SinkHost& host, std::shared_ptr<Counters> counters, Events events);
    Result<> build(const Track& track, Hardware hardware);

    const std::shared_ptr<Outlet> outlet_;
    Pipeline pipeline_;
    std::unique_ptr<TrackFeed> feed_;
    std::string name_;
    StallWatch watch_;
};

}  // namespace rill::frames
