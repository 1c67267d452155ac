// Times as MediaMTX's clients expect them.
#pragma once

#include <cstdint>
#include <string>

namespace rill::api {

/// UTC microseconds since 1970 in the process's time zone, without zeros at the end:
/// "2026-01-08T10:00:01.12+01:00", as Go's time.Time writes JSON (its RFC3339Nano). Threading: any thread.
std::string go_time(std::int64_t utc_us);

}  // namespace rill::api
