#include "local_time.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>

namespace rill::record {

namespace {

std::optional<long> offset_of(std::string_view zone) {
    if (zone == "Z") return 0;
    if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
    long number = 0;
    for (const char digit : zone.substr(1)) {
        if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return std::nullopt;
        number = number * 10 + (digit - '0');
    }
    const long seconds = number / 100 * 3600 + number % 100 * 60;
    return zone[0] == '-' ? -seconds : seconds;
}

/// timegm() takes February 30th for March 2nd.
std::optional<std::int64_t> as_if_utc(std::tm fields) {
    const std::tm asked = fields;
    const std::int64_t seconds = ::timegm(&fields);
    const bool same = asked.tm_year == fields.tm_year && asked.tm_mon == fields.tm_mon &&
                      asked.tm_mday == fields.tm_mday && asked.tm_hour == fields.tm_hour &&
                      asked.tm_min == fields.tm_min && asked.tm_sec == fields.tm_sec;
    return same ? std::optional(seconds) : std::nullopt;
}

}  // namespace

std::tm local_time(std::int64_t utc_seconds) {
    const std::time_t seconds = utc_seconds;
    std::tm fields{};
    ::localtime_r(&seconds, &fields);
    return fields;
}

std::string zone_text(long offset_seconds) {
    const long minutes = std::labs(offset_seconds) / 60;
    if (minutes == 0) return "Z";
    return fmt::format("{}{:02}{:02}", offset_seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::optional<std::int64_t> utc_of(std::tm local, std::string_view zone) {
    const auto naive = as_if_utc(local);
    if (!naive) return std::nullopt;
    const auto given = zone.empty() ? std::optional<long>(0) : offset_of(zone);
    if (!given) return std::nullopt;

    // Every offset in force nearby is tried: zones are less than a day from UTC, and half a day apart two
    // changes never were. The earlier time is the one with the larger offset.
    constexpr std::int64_t half_a_day{43'200};
    std::optional<std::int64_t> earliest;
    for (int i = -2; i <= 2; ++i) {
        const std::int64_t utc = *naive - local_time(*naive + i * half_a_day).tm_gmtoff;
        const long offset = local_time(utc).tm_gmtoff;
        const bool fits = utc + offset == *naive && (zone.empty() || offset_of(zone_text(offset)) == *given);
        if (fits && (!earliest || utc < *earliest)) earliest = utc;
    }
    if (earliest) return earliest;
    if (!zone.empty()) return *naive - *given;
    return *naive - local_time(*naive - 2 * half_a_day).tm_gmtoff;
}

}  // namespace rill::record
