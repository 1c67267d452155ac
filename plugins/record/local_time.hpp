// Local time of the process's time zone, both ways.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace rill::record {

/// Never fails for a clock's times: the year of a tm holds two thousand million.
std::tm local_time(std::int64_t utc_seconds);

/// The offset of a time zone as "+0100", whole minutes; "Z" for none.
std::string zone_text(long offset_seconds);

/// The UTC second of a local time, whose tm_gmtoff and tm_isdst are not looked at. `zone` is what zone_text
/// made of it, empty when that is not known. Of a local time that comes twice it is the earlier; one that was
/// skipped is taken with the offset from before. Empty when the fields are not a date and time, or the zone
/// is malformed.
std::optional<std::int64_t> utc_of(std::tm local, std::string_view zone);

}  // namespace rill::record
