// The one time line of the process: every pipeline uses this clock with this base time, so running times
// compare everywhere.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace rill {

/// The clock of every pipeline (GStreamer's monotonic system clock).
GstClock* pipeline_clock();
/// The base time of every pipeline: the clock's time when the process asked first.
GstClockTime pipeline_base_time();
/// Running time now: what a frame captured now would be stamped.
std::chrono::nanoseconds running_time();
/// Wall clock, microseconds since 1970.
std::int64_t utc_now_us();
/// "2026-01-08T10:00:01.123Z" (RFC 3339, milliseconds).
std::string rfc3339(std::int64_t utc_us);
/// "2026-01-08T09:00:01.123456Z".
std::string rfc3339_us(std::int64_t utc_us);
/// "2026-01-08T10:00:01.123456+01:00" as UTC microseconds since 1970; more digits are cut off. A space counts
/// as the '+' that a client forgot to encode in a URL. Error: invalid_config, naming the text.
Result<std::int64_t> parse_rfc3339(std::string_view text);

/// A moment as a request says it.
struct Moment {
    std::int64_t utc_us = 0;  ///< microseconds since 1970
    bool relative = false;    ///< it was said as so long ago: the same text means another moment soon
};
/// RFC 3339, or decimal seconds before `now_us` (UTC, microseconds since 1970): "30", "0.5"; 0 is now, 100
/// years are the most. Error: invalid_config, naming the text.
Result<Moment> parse_moment(std::string_view text, std::int64_t now_us);

/// Time as retry, watchdog and tests see it. Monotonic.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::chrono::nanoseconds now() const = 0;
};

/// The real one: running_time().
const Clock& system_clock();

}  // namespace rill
