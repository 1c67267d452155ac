// Sessions over HTTP, as docs/api.md describes them: opened, listed, steered and ended, whoever opened them.
#pragma once

#include "session_directory.hpp"

#include <rill/hub.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill::webrtc {

/// `origins`: of web pages that may use it from elsewhere (CORS); "*" is all.
std::unique_ptr<Controller> make_sessions_api(std::shared_ptr<SessionDirectory> directory,
                                              std::vector<std::string> origins);

}  // namespace rill::webrtc
