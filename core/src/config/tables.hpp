// The options of core itself, in the same form as those of modules.
#pragma once

#include <rill/options.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rill::config {

/// Set globally only.
std::span<const Option> global_options();
/// Set in a path or in pathDefaults, as are path_hook_options().
std::span<const Option> path_options();
/// Set in a path, in pathDefaults, or globally.
std::span<const Option> shared_options();

/// What a row cannot express: the shape of an address, of a fingerprint. Says what was expected, or nothing.
std::optional<std::string> check_core_value(const Option& option, const Options::Value& value);

/// Whether a key below `paths` is a regular expression.
bool is_path_pattern(std::string_view key);
/// Whether it is the one that matches every name: all_others, all, ~^.*$.
bool is_catch_all(std::string_view key);

/// What is wrong with a path's name, or nothing.
std::optional<std::string> check_path_name(std::string_view name);

}  // namespace rill::config
