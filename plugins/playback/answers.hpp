// The two requests: /list and /get.
#pragma once

#include <rill/archive.hpp>
#include <rill/http.hpp>
#include <rill/http_cors.hpp>

#include <memory>

namespace rill::playback {

/// Of both, each at its place. Answers soon, from the archive's thread. `archive` is null when no module
/// keeps recordings: 404. Threading: called on the main thread. The archive outlives what is under way.
http::Handler handler_of(Archive* archive, std::shared_ptr<const http::Cors> cors);

}  // namespace rill::playback
