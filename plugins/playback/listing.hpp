// What a playlist of recordings lists.
#pragma once

#include "slices.hpp"

#include <rill/archive.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::playback {

/// A file, and which of the slices are its own.
struct ListedFile {
    std::int64_t id = 0;        ///< of the segment; in the order in which they were recorded
    std::int64_t start_us = 0;  ///< of the file; names it in URLs
    std::int64_t chain = 0;
    std::size_t first_slice = 0;
    std::size_t end_slice = 0;
    bool discontinuity = false;  ///< it does not go on where the one before ended, or in other formats
};

/// Immutable once it is made. Memory: 40 bytes a slice, 48 a file.
struct Listing {
    std::string path;
    TimeRange range;  ///< what was asked for
    std::vector<ListedFile> files;
    std::vector<Slice> slices;
    bool grows = false;  ///< more is expected to be recorded within the range
};

/// A listing, or why there is none; `before` and `after` as in Planned.
struct Listed {
    Result<std::shared_ptr<const Listing>> listing;
    std::optional<std::int64_t> before, after;
};

/// From the index alone, in turns on the archive's thread. `now_us` tells whether the range can still grow.
///
/// `done` is called once, on that thread; never when the archive ends before. Errors: not_found, too_large
/// (more than 200000 slices: nine days), and what the archive says.
void make_listing(Archive& archive, const std::string& path, TimeRange range, std::int64_t now_us,
                  std::function<void(Listed)> done);

}  // namespace rill::playback
