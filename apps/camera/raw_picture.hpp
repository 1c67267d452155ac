// The pictures of a camera as an encoder takes them: painted, in GStreamer's buffers.
#pragma once

#include "picture.hpp"
#include "spec.hpp"

#include <rill/ref.hpp>

namespace rill::camera {

/// "video/x-raw,…" of the pictures.
std::string raw_video_caps(const VideoSpec& video);
/// "H264 1280X720 25FPS", in the letters that the picture has.
std::string caption(const VideoSpec& video);
/// A picture without a time. `painter` has the size of `video`.
Ref<GstBuffer> raw_picture(Painter& painter, const Scene& scene, const VideoSpec& video);

}  // namespace rill::camera
