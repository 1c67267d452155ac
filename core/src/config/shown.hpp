// What is configured, as people and programs see it.
#pragma once

#include "config.hpp"

#include <rill/json.hpp>
#include <rill/options.hpp>

#include <string_view>

namespace rill::config {

/// What stands for a secret, and for user and password of a URL.
constexpr std::string_view hidden = "***";

enum class Secrets { masked = 1, plain };

/// One value: durations and sizes are texts with their unit, records are objects. Null: the option has none.
Json shown(const Option& option, const Options& values, Secrets secrets);

/// Every key of the top level; those that pathDefaults may hold too as they are in force there.
Json shown_global(const Config& config, Secrets secrets);
Json shown_path_defaults(const Config& config, Secrets secrets);
/// Every key that counts for the path: of sources only its own one's.
Json shown_path(const PathConfig& path, Secrets secrets);

/// Puts the secrets back into an object that a client read and sends again: a value that is `masked` becomes
/// that of `plain`. Error: invalid_config, where something is masked that was not read so.
Result<Json> with_secrets(const Json& sent, const Json& masked, const Json& plain);

}  // namespace rill::config
