// Durations and times as clients write them in a URL.
#pragma once

#include <rill/archive.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::playback {

/// Any time that RFC 3339 can say.
constexpr TimeRange all_time{-62'167'219'200'000'000, 253'402'300'800'000'000};

/// "200.5" seconds, or "3m20s" in Go's syntax, as microseconds: more than 0, at most 366 days. Error:
/// invalid_config, naming the text.
Result<std::int64_t> parse_length(std::string_view text);

/// A moment in a request.
struct Moment {
    std::int64_t utc_us = 0;
    bool relative = false;  ///< it was said as so long ago
};

/// RFC 3339, or decimal seconds before `now_us`: "30", "0.5"; 0 is now. Error: invalid_config, naming the
/// text.
Result<Moment> parse_moment(std::string_view text, std::int64_t now_us);

}  // namespace rill::playback
