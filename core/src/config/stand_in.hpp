// What a path shows while its camera is away, from its alwaysAvailable… keys.
#pragma once

#include <rill/options.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace rill::config {

/// The URL of the source that fills the path meanwhile: "slate://h264,aac/48000/2" or "file:///a/b.mp4".
/// Empty when `alwaysAvailable` is no. `path` are values that check_stand_in() has nothing to say about.
std::string stand_in_url(const Options& path);

struct StandInProblem {
    std::string_view key;  ///< "alwaysAvailableFile"
    std::string text;
};
/// What is wrong with the keys of a path; reads the file's state. `is_pattern`: the path is a regular
/// expression.
std::optional<StandInProblem> check_stand_in(const Options& path, bool is_pattern);

}  // namespace rill::config
