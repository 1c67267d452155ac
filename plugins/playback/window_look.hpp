// Looks for what a window has not seen yet.
#pragma once

#include "window.hpp"

#include <rill/archive.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rill::playback {

struct WindowLook {
    Result<std::vector<WindowFile>> files;
    std::int64_t oldest_file_us = INT64_MIN;    ///< of those that have something of the window
    std::optional<std::int64_t> before, after;  ///< of `from_us`, where there are no files
    std::optional<Container> passed_over;       ///< what else is recorded, and is not played
};

/// Files that end after `from_us`, with their parts, in turns on the archive's thread. `done` is called once,
/// on that thread; never when the archive ends before. `window_us`: where the window begins.
void look_for_window(Archive& archive, const std::string& path, std::int64_t from_us, std::int64_t window_us,
                     std::function<void(WindowLook)> done);

}  // namespace rill::playback
