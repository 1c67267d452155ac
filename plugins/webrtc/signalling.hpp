// Signalling over a WebSocket at /ws: one session a socket, as README.md describes it.
#pragma once

#include <rill/hub.hpp>

#include <memory>

namespace rill::webrtc {

std::unique_ptr<Controller> make_signalling();

}  // namespace rill::webrtc
