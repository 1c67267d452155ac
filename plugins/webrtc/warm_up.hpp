// The costly beginnings of GStreamer's WebRTC: its plugins are loaded, and the DTLS certificate of the
// process is made, which takes seconds on a small machine. Done once, aside.
#pragma once

#include <functional>

namespace rill::webrtc {

/// Begins it if that was not done before. Any thread.
void warm_up();
/// Runs `work` now when it is done, or else on another thread as soon as it is.
void when_warm(std::function<void()> work);

}  // namespace rill::webrtc
