// What is said of a time at which nothing is recorded: the nearest times at which something is.
#pragma once

#include <rill/http.hpp>
#include <rill/json.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <optional>

namespace rill::http {

// Times are UTC in microseconds since 1970: when what was recorded before ended, and when what was recorded
// after began.

/// Sets "before" and "after": RFC 3339, or null where there is nothing. They are always there, so that who
/// reads them need not tell what is missing from what is not known.
void set_neighbours(Json& object, std::optional<std::int64_t> before, std::optional<std::int64_t> after);

/// An error's answer; of not_found with both.
Response not_recorded(const Error& error, std::optional<std::int64_t> before,
                      std::optional<std::int64_t> after);

}  // namespace rill::http
