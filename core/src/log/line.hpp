// One log line as text.
#pragma once

#include <rill/log.hpp>

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

namespace rill {

/// The longest line, line feed included: what POSIX lets a pipe take in one piece (PIPE_BUF).
inline constexpr std::size_t log_line_bytes = 4096;

/// What a line says, with credentials masked; no more of it than could fit into one. `scope` ends in a space
/// or is empty.
std::string log_text(std::string_view scope, std::string_view message);

/// "2026/01/08 10:00:01 INF [path cam1] message\n" in local time, or the same as a JSON object. Control
/// characters are escaped; a text that does not fit ends in "…". `text`: of log_text().
std::string log_line(LogLevel level, bool structured, std::chrono::system_clock::time_point time,
                     std::string_view text);

std::tm local_time(std::chrono::system_clock::time_point time);

}  // namespace rill
