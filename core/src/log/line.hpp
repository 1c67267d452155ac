// One log line as text.
#pragma once

#include <rill/log.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace rill {

/// The longest line, line feed included: what POSIX lets a pipe take in one piece (PIPE_BUF).
inline constexpr std::size_t log_line_bytes = 4096;

/// "2026/01/08 10:00:01 INF [path cam1] message\n" in local time, or the same as a JSON object. Credentials
/// are masked, control characters escaped; a message that does not fit ends in "…". `scope` ends in a space
/// or is empty.
std::string log_line(LogLevel level, bool structured, std::chrono::system_clock::time_point time,
                     std::string_view scope, std::string_view message);

}  // namespace rill
