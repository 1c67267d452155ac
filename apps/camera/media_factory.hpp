// The parts of gst-rtsp-server that the simulator replaces: how a camera's media is made, and on which
// threads.
#pragma once

#include "camera.hpp"

namespace rill::camera {

/// One media for all clients of the camera, live, on the monotonic clock.
Ref<GstRTSPMediaFactory> make_media_factory(CameraRef camera);

/// Serves the clients on the main context and the messages of all media on one thread, instead of one for
/// each.
Ref<GstRTSPThreadPool> make_thread_pool();
/// Gives the thread of the media back when the last media is unprepared. The pool is not used after this.
void stop_media_thread(GstRTSPThreadPool* pool);

/// The role that authenticated clients have; every camera admits it.
constexpr const char* viewer_role = "viewer";

}  // namespace rill::camera
