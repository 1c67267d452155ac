// From a YAML value to an option's value.
#pragma once

#include "yaml.hpp"

#include <rill/options.hpp>

#include <optional>
#include <string>

namespace rill::config {

/// Checks a value against its row, down to the fields of records. Reports every problem below `key`, and
/// returns nothing if there was one.
std::optional<Options::Value> parse_value(const Option& option, const Node& node, const std::string& key,
                                          const Reporter& report);

}  // namespace rill::config
