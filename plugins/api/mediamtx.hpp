// Recordings as MediaMTX's control API has them: /v3/recordings/… (its api/openapi.yaml).
#pragma once

#include "asked.hpp"

#include <rill/archive.hpp>

#include <string>

namespace rill::api {

/// Answers list, get/{name} and deletesegment, now or from a thread of the archive; `rest` is what stands
/// behind "/v3/recordings/". `archive` is null when no module keeps recordings: 503.
/// Threading: the main thread. The archive outlives what is under way.
void answer_mediamtx(const Asked& asked, Archive* archive, const std::string& rest);

}  // namespace rill::api
