#include "times.hpp"

#include <rill/options.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace rill::playback {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t longest_s = std::int64_t{366} * 24 * 3600;
constexpr std::int64_t longest_us = longest_s * second_us;

/// Empty when it is no number; parse_duration may know it then.
std::optional<double> plain_seconds(std::string_view text) {
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, seconds);
    if (stop != end || (error != std::errc() && error != std::errc::result_out_of_range)) return std::nullopt;
    return error == std::errc() ? seconds : HUGE_VAL;
}

std::optional<std::int64_t> scan_length(std::string_view text) {
    if (const auto seconds = plain_seconds(text)) {
        // The negated comparison refuses NaN, too.
        if (!(*seconds > 0 && *seconds <= static_cast<double>(longest_s))) return std::nullopt;
        return std::llround(*seconds * static_cast<double>(second_us));
    }
    const auto duration = parse_duration(text);
    if (!duration) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(*duration).count();
}

}  // namespace

Result<std::int64_t> parse_length(std::string_view text) {
    const auto length = scan_length(text);
    if (length && *length > 0 && *length <= longest_us) return *length;
    return Error{Code::invalid_config,
                 fmt::format("'{}' is no duration; write seconds (200.5) or 3m20s, above 0 and at most 366 "
                             "days",
                             text)};
}

}  // namespace rill::playback
