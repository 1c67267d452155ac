// The bin behind a file source: demuxes, begins again at the end, and keeps the pace of the clock.
#pragma once

#include "loop_timeline.hpp"

#include <rill/log.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill::file {

/// Each track runs demuxer → (probe) → queue → clocksync → ghost pad. The probe puts the buffers on one line
/// of running time and keeps from the rest of the world that the demuxer seeks: no flush, no second segment,
/// no end-of-stream gets past it. The queue holds enough to bridge the seek, so there is no gap.
///
/// Threading: made on the path's loop, then only GStreamer's streaming threads.
class Looper : public std::enable_shared_from_this<Looper> {
  public:
    /// The bin keeps the looper alive. Error: unavailable, when an element is missing.
    static Result<Ref<GstElement>> make_bin(const std::string& path, const char* demuxer, Log log);

  private:
    struct Track {
        Ref<GstPad> pad;  // the demuxer's
        unsigned number;
        GstSegment segment;
        bool announced = false;  // our own segment went downstream
        bool ended = false;      // in this pass
    };
    explicit Looper(Log log) : log_(std::move(log)) {}

    void add_pad(GstPad* pad);
    void finish_pads();
    void drain(GstPad* pad);
    GstPadProbeReturn handle(GstPad* pad, GstPadProbeInfo* info);
    GstPadProbeReturn handle_event(Track& track, GstPadProbeInfo* info);
    GstPadProbeReturn handle_buffer(Track& track, GstPadProbeInfo* info);
    void begin_again_when_all_ended();
    void rewind();
    void fail(const std::string& text);

    const Log log_;
    GstElement* bin_ = nullptr;      // owns this object
    GstElement* demuxer_ = nullptr;  // owned by the bin
    std::mutex mutex_;
    // Locked: mutex_.
    std::map<GstPad*, Track> tracks_;
    std::vector<std::string> skipped_;
    bool no_more_pads_ = false;
    LoopTimeline timeline_;
};

}  // namespace rill::file
