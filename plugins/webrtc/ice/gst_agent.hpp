// The lite agent as webrtcbin sees it.
#pragma once

#include "../webrtc_handles.hpp"
#include "viewer.hpp"

#include <gst/webrtc/ice.h>

#include <memory>
#include <string>
#include <vector>

namespace rill::webrtc::ice {

struct GstAgent {
    Ref<GstWebRTCICE> object;  ///< for webrtcbin's property "ice-agent"
    std::shared_ptr<Viewer> viewer;
};

/// Its transport is connected, on a thread of GStreamer's, when the viewer's first check has come, unless the
/// pipeline is gone by then. `hold` is of that pipeline (Pipeline::hold).
GstAgent make_gst_agent(LocalPorts ports, std::vector<std::string> addresses, std::weak_ptr<void> hold);

}  // namespace rill::webrtc::ice
