// Recording on request: /api/v1/streams/{id}/record…
#pragma once

#include "asked.hpp"

#include <rill/archive.hpp>
#include <rill/hub.hpp>
#include <rill/loop.hpp>

#include <optional>
#include <string>

namespace rill::api {

struct RecordRequest {
    std::string path;
    std::string verb;  ///< "start", "stop", or nothing
};

/// What stands behind "/api/v1/streams/" as a request for a path's recorder; empty when it is none. A path
/// that is configured under the whole name wins.
std::optional<RecordRequest> record_request(const Hub& hub, const std::string& rest);

/// Answers any method, now or later. `archive` is null when no module keeps recordings: 503.
/// Threading: the main thread, whose loop is `loop`. Hub and loop outlive what is under way.
void answer_record_request(const Asked& asked, Hub& hub, Loop& loop, Archive* archive,
                           const RecordRequest& request);

}  // namespace rill::api
