// What one prepared media of a camera sends: its tracks and, with a clock, its encoder. All clients of the
// camera share it; it lives from the first DESCRIBE until the last client is gone.
#pragma once

#include "feed.hpp"
#include "live_encoder.hpp"
#include "spec.hpp"

namespace rill::camera {

/// Threading: made and destroyed anywhere; the feeds open on streaming threads.
class Broadcast : public std::enable_shared_from_this<Broadcast> {
  public:
    /// The elements of a camera's media, for gst_parse_bin_from_description: payloaders "pay0" and "pay1".
    static std::string elements(const CameraSpec& camera);

    /// `bin` was made from elements(). Encodes the loops that the store does not have yet.
    static Result<std::shared_ptr<Broadcast>> start(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                                                    Pacer& pacer,
                                                    const std::shared_ptr<const Switches>& switches);

    /// Goes over to another size at the next keyframe. `loop` is for cameras without a clock.
    void change_size(int width, int height, LoopRef loop);

  private:
    explicit Broadcast(Pacer& pacer) : pacer_(pacer) {}
    Result<> start_video(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                         const std::shared_ptr<const Switches>& switches);
    Result<> start_audio(const CameraSpec& camera, GstBin* bin, LoopStore& loops,
                         const std::shared_ptr<const Switches>& switches);
    void opened(Kind kind);
    nanoseconds base_time(GstElement* source);
    nanoseconds audio_origin(nanoseconds base) const;

    Pacer& pacer_;
    Ref<GstElement> video_source_;
    Ref<GstElement> audio_source_;
    std::shared_ptr<Feed> video_;
    std::shared_ptr<Feed> audio_;
    LoopRef audio_loop_;
    std::unique_ptr<LiveEncoder> encoder_;

    std::mutex mutex_;
    LoopRef video_loop_;  ///< guarded by mutex_; none with a live encoder
    std::optional<nanoseconds>
        base_;  ///< guarded by mutex_; of the pipeline, since the first track was opened
};

}  // namespace rill::camera
