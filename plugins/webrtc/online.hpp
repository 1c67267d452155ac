// Whether there is anything live.
#pragma once

#include <rill/hub.hpp>

#include <string>

namespace rill::webrtc {

/// False for an unknown path, too. Main thread.
inline bool is_online(const Hub& hub, const std::string& path) {
    const auto status = hub.status(path);
    return status && status->available_since_us != 0;
}

}  // namespace rill::webrtc
