// The costly beginnings of GStreamer's WebRTC: its plugins are loaded, and the DTLS certificate of the
// process is made, which takes seconds on a small machine. Done once, aside.
#pragma once

#include <functional>
#include <memory>

namespace rill::webrtc {

/// Begins it if that was not done before. Whoever holds the result keeps its thread; the last one to let go
/// waits for it, so that it never outlives main() and the libraries that it uses. Any thread.
[[nodiscard]] std::shared_ptr<void> warm_up();
/// Runs `work` now when it is done, or else on another thread as soon as it is.
void when_warm(std::function<void()> work);

}  // namespace rill::webrtc
