// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rill::config {

/// The one of `names` that someone who wrote `name` most likely meant, or "" when none is near.
std::string nearest_of(const std::vector<std::string_view>& names, std::string_view name);

/// The message about a key that does not exist; `suggestion` may be empty.
std::string unknown_key(std::string_view suggestion);

}  // namespace rill::config
