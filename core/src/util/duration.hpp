// Durations and sizes as people write them; reading is in rill/options.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rill {

/// "1h30m", "200ms", "0s": the shortest text that parse_duration() reads back to the same value. Not
/// negative.
std::string format_duration(std::chrono::nanoseconds duration);

/// "50M", "1000": the shortest text that parse_size() reads back to the same value. Not negative.
std::string format_size(std::int64_t bytes);

}  // namespace rill
