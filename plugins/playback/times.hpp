// Durations as clients write them in a URL.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <string_view>

namespace rill::playback {

/// "200.5" seconds, or "3m20s" in Go's syntax, as microseconds: more than 0, at most 366 days. Error:
/// invalid_config, naming the text.
Result<std::int64_t> parse_length(std::string_view text);

}  // namespace rill::playback
