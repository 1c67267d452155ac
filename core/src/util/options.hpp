// The part of option parsing that only core needs.
#pragma once

#include <rill/json.hpp>
#include <rill/options.hpp>

#include <string>
#include <vector>

namespace rill {

/// Checks the items of a list, as a YAML sequence gives them. Error: as parse_option().
Result<Options::Value> parse_list(const Option& option, std::vector<std::string> items);

/// Checks JSON against the row, down to the fields of records. Error: as parse_option(), behind the place
/// below the key: "[1].port: expected …".
Result<Options::Value> parse_json(const Option& option, const Json& json);

/// Whether a required option still lacks a value.
bool is_missing(const Option& option, const Options& options);

/// What the row allows: "an integer ≥ 1".
std::string expectation(const Option& option);

}  // namespace rill
