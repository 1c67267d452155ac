// The part of option parsing that only core needs.
#pragma once

#include <rill/options.hpp>

#include <string>
#include <vector>

namespace rill {

/// Checks the items of a list, as a YAML sequence gives them. Error: as parse_option().
Result<Options::Value> parse_list(const Option& option, std::vector<std::string> items);

/// What the row allows: "an integer ≥ 1".
std::string expectation(const Option& option);

}  // namespace rill
