// Which addresses of this machine viewers are told.
#pragma once

#include "settings.hpp"

#include <string>
#include <vector>

namespace rill::webrtc {

/// Those of the interfaces that are up, without link-local ones. The loopback addresses go to viewers on this
/// machine, and to all when the machine has no others.
std::vector<std::string> local_addresses(const Settings& settings, bool viewer_is_local);

}  // namespace rill::webrtc
