// What stands behind the URLs of examples while they are tested.
#pragma once

#include <string>

namespace rill::test {

/// The examples name cameras at addresses for documentation (192.0.2.0/24, RFC 5737) and files in /srv/rill,
/// which no machine has. In their place this gives the URL of a rill-camera that runs, and of a clip that was
/// recorded; any other URL is given back. Both last as long as the process.
std::string reachable(const std::string& url);

}  // namespace rill::test
