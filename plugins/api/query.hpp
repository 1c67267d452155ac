// What requests for recordings say behind the '?'.
#pragma once

#include <rill/archive.hpp>
#include <rill/http.hpp>

#include <cstdint>
#include <string>

namespace rill::api {

/// Null when there is none or it is empty.
const std::string* find(const http::Request& request, const std::string& key);

// Errors: invalid_config, which name the key.

Result<std::string> required(const http::Request& request, const std::string& key);
Result<std::int64_t> required_time(const http::Request& request, const std::string& key);
/// `start` and `end`; what is missing is that of all_time.
Result<TimeRange> optional_range(const http::Request& request);
/// `start` and `end`, both.
Result<TimeRange> required_range(const http::Request& request);
Result<std::size_t> number(const http::Request& request, const std::string& key, std::size_t fallback,
                           std::size_t least, std::size_t most);

}  // namespace rill::api
