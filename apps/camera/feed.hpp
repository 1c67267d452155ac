// Sends one track of one playing camera: a loop in real time, or what a live encoder makes.
#pragma once

#include "loop_store.hpp"
#include "pacer.hpp"

#include <gst/app/gstappsrc.h>

#include <atomic>
#include <functional>

namespace rill::camera {

/// The faults of a camera that act on its packets. Written by commands, read by streaming threads.
struct Switches {
    std::atomic<bool> frozen = false;
    std::atomic<bool> silent_audio = false;
    std::atomic<std::int64_t> jump_ns = 0;  ///< added to the RTP timestamps
};

enum class Kind { video, audio };

/// A feed is closed until the first client plays: then `opened` is called, once, on a streaming thread.
/// Threading: every function from any thread.
class Feed final : public Paced, public std::enable_shared_from_this<Feed> {
  public:
    Feed(Kind kind, Ref<GstElement> appsrc, std::shared_ptr<const Switches> switches);

    /// Connects to the appsrc. To be called once, before the pipeline starts.
    void attach(std::function<void()> opened);
    /// Tells the payloader what comes; without this the server cannot describe the track.
    void set_caps(Ref<GstCaps> caps);
    /// From now on sends what send() brings. `base` is the base time of the pipeline.
    void play_live(nanoseconds base);
    /// From now on sends `loop`, whose start is at `origin`; what is in the past is left out.
    void play(Pacer& pacer, LoopRef loop, nanoseconds origin, nanoseconds base);
    /// Goes over to another loop at the next keyframe.
    void replace(LoopRef loop);
    /// Sends a unit made live, now. Dropped while nobody plays, and until a keyframe comes.
    void send(const GstSample& sample, nanoseconds pts);

    std::optional<nanoseconds> send_due(nanoseconds now) override;

  private:
    static GstPadProbeReturn hold_first_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer self);
    void prime();
    void push(GstBuffer* shared, nanoseconds running_time);
    bool suppressed(bool keyframe);
    nanoseconds due() const;
    void advance();
    void skip_to(nanoseconds now, nanoseconds tolerance);
    void go_over();

    const Kind kind_;
    const Ref<GstElement> appsrc_;
    const std::shared_ptr<const Switches> switches_;
    std::function<void()> opened_;
    bool open_ = false;  ///< only the appsrc's streaming thread uses it

    std::mutex mutex_;                 ///< guards all below
    bool wanted_ = false;              ///< the appsrc runs
    std::optional<nanoseconds> base_;  ///< none while nobody plays
    bool primed_ = false;
    Ref<GstCaps> caps_;
    LoopRef loop_;
    LoopRef next_loop_;
    nanoseconds turn_start_{};  ///< when this turn of the loop began
    std::size_t index_ = 0;     ///< the next unit of the turn
    bool needs_keyframe_ = true;
};

}  // namespace rill::camera
