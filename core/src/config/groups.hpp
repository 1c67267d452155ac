// "$G1": what a group of a path's regular expression matched.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rill::config {

/// `text` with `$G1` and `${G1}` replaced by groups[1], and so on. What names no group stays.
std::string with_groups(std::string_view text, std::span<const std::string> groups);

/// The greatest number of a group that the text names; 0: none.
std::size_t highest_group(std::string_view text);

}  // namespace rill::config
