// The configuration's rows about authentication, with MediaMTX's names and defaults, and what is read from
// them.
#pragma once

#include "auth/internal_method.hpp"
#include "auth/permission.hpp"

#include <rill/options.hpp>
#include <rill/result.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace rill::auth {

/// authMethod, authInternalUsers, authHTTP… and authJWT…: global keys.
std::span<const Option> auth_options();
/// Whether both say the same about authentication.
bool has_same_options(const Options& left, const Options& right);

// Errors: invalid_config, naming the place below the key.

/// From authInternalUsers.
Result<std::vector<User>> read_users(const Options& options);
/// From authHTTPExclude or authJWTExclude.
Result<std::vector<Permission>> read_exclude(const Options& options, std::string_view key);
/// The text of `key`, which must be a URL of one of the schemes.
Result<std::string> read_url(const Options& options, std::string_view key,
                             std::span<const std::string_view> schemes);

}  // namespace rill::auth
