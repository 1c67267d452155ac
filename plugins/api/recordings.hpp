// Recordings in the native API: /api/v1/recordings… and /api/v1/storages.
#pragma once

#include "asked.hpp"

#include <rill/archive.hpp>
#include <rill/hub.hpp>

#include <functional>
#include <string>

namespace rill::api {

/// Answers any method, now or from a thread of the archive. `archive` is null when no module keeps
/// recordings: 503.
/// Threading: the main thread. The archive outlives what is under way.
void answer_recordings(const Asked& asked, Archive* archive);

struct RecordingRequest {
    std::string path;
    std::string word;  ///< "segments", "lock", "unlock", or nothing
};
/// What stands behind "/api/v1/recordings/": a path, which may hold slashes, and then perhaps a word. A
/// configured path wins over a word.
RecordingRequest recording_request(const Hub& hub, const std::string& rest);
void answer_recording(const Asked& asked, Archive* archive, const RecordingRequest& request);
void answer_storages(const Asked& asked, Archive* archive);

/// Answers 503 when there is no archive.
bool lacks_archive(const Asked& asked, Archive* archive);
/// Looks with `work`, or answers when nothing is recorded of the path (404) or it cannot be known.
void with_recordings(const Asked& asked, Archive& archive, const std::string& path,
                     std::function<void(ArchiveView&)> work);

}  // namespace rill::api
