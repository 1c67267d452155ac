// What is said where nothing can be played.
#pragma once

#include <rill/archive.hpp>
#include <rill/result.hpp>

#include <optional>
#include <string>

namespace rill::playback {

/// not_found: nothing is recorded in a time, or only in a container that has no parts.
Error nothing_to_play(const std::string& path, std::optional<Container> passed_over);

}  // namespace rill::playback
