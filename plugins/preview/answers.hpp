// The one request: GET /api/v1/streams/{path}/preview.jpg.
#pragma once

#include "desk.hpp"

#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <memory>

namespace rill::preview {

/// Answers soon, from a thread of the desk. `desk` is null when no module keeps recordings, and after the
/// controller's end: 503. Threading: called on the main thread.
void answer_preview(PathCall call, Desk* desk, const std::shared_ptr<const http::Cors>& cors);

}  // namespace rill::preview
