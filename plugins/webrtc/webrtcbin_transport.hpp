// A transport made of GStreamer's webrtcbin: one pipeline a session, on the process's clock.
#pragma once

#include "settings.hpp"
#include "transport.hpp"

#include <rill/loop.hpp>

#include <memory>
#include <string>

namespace rill::webrtc {

/// `name` is for GStreamer's debug messages.
std::unique_ptr<Transport> make_webrtcbin_transport(const std::string& name, Loop& loop,
                                                    const Settings& settings, TransportEvents events);

}  // namespace rill::webrtc
