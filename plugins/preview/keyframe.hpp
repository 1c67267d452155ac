// Where the picture for a time lies in the recordings.
#pragma once

#include "picture.hpp"

#include <rill/archive.hpp>
#include <rill/media/access_unit.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace rill::preview {

/// One keyframe in a file.
struct Keyframe {
    std::filesystem::path file;
    std::uint64_t offset = 0;  ///< of the sample's bytes
    std::uint32_t bytes = 0;
    std::int64_t utc_us = 0;  ///< when it is shown, microseconds since 1970
    std::shared_ptr<const Format> format;

    /// The same for the same picture, and for no other.
    std::string id() const;
};

struct Finding {
    Result<Keyframe> keyframe;
    bool final = false;     ///< as in Outcome
    Neighbours neighbours;  ///< as in Outcome
};

// Both on the archive's thread: they read from files.

/// The last keyframe that is shown at or before a time, or the first of its file when it has none so early.
/// Where the end of a recording is still growing, its last one. Reads the file's head and the moofs from the
/// time back to the keyframe. `now_us` is UTC. Errors: not_found (nothing is recorded at the time, nothing
/// with pictures, the file is gone), unavailable (the disk or the index cannot be read now), internal
/// (damaged).
Finding find_keyframe(ArchiveView& view, const std::string& path, std::int64_t time_us, std::int64_t now_us);

/// Its bytes: one access unit as in AccessUnit. Errors: not_found when the file is gone, unavailable.
Result<Ref<GBytes>> read_keyframe(const Keyframe& keyframe);

}  // namespace rill::preview
