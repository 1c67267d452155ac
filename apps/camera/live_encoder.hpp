// Paints the wall clock into pictures in real time and encodes them: a camera whose latency can be measured.
#pragma once

#include "feed.hpp"
#include "spec.hpp"

#include <gst/app/gstappsink.h>

#include <condition_variable>
#include <stop_token>
#include <thread>

namespace rill::camera {

/// Two threads of its own, capture and encoder, from construction to destruction.
/// Threading: every function from any thread but the feed's.
class LiveEncoder {
  public:
    static Result<std::unique_ptr<LiveEncoder>> start(const VideoSpec& video, std::shared_ptr<Feed> feed);
    LiveEncoder(const LiveEncoder&) = delete;
    LiveEncoder& operator=(const LiveEncoder&) = delete;
    ~LiveEncoder();

    void request_keyframe();
    /// The next picture has this size.
    void resize(int width, int height);

  private:
    LiveEncoder(Ref<GstElement> pipeline, const VideoSpec& video, std::shared_ptr<Feed> feed);
    static GstFlowReturn encoded(GstAppSink* sink, gpointer self);
    void capture(const std::stop_token& stop);

    const Ref<GstElement> pipeline_;
    const Ref<GstElement> input_;
    const Ref<GstElement> output_;
    const std::shared_ptr<Feed> feed_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    VideoSpec video_;  ///< guarded by mutex_
    std::jthread capture_;
};

}  // namespace rill::camera
