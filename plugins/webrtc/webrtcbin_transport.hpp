// A transport made of GStreamer's webrtcbin: one pipeline a session, on the process's clock.
#pragma once

#include "transport.hpp"

#include <memory>

namespace rill::webrtc {

std::shared_ptr<Transport> make_webrtcbin_transport(TransportContext context);

}  // namespace rill::webrtc
