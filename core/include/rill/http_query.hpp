// What requests say behind the '?'.
#pragma once

#include <rill/archive.hpp>
#include <rill/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::http {

/// Null when there is none or it is empty.
const std::string* find(const Request& request, const std::string& key);
/// An error that says which key it is about.
Error about(std::string_view key, const Error& error);

// Errors: invalid_config, which name the key. Times are RFC 3339.

Result<std::string> required(const Request& request, const std::string& key);
Result<std::int64_t> required_time(const Request& request, const std::string& key);
/// `start` and `end`; what is missing is that of all_time.
Result<TimeRange> optional_range(const Request& request);
/// `start` and `end`, both.
Result<TimeRange> required_range(const Request& request);
Result<std::size_t> number(const Request& request, const std::string& key, std::size_t fallback,
                           std::size_t least, std::size_t most);

}  // namespace rill::http
