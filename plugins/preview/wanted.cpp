#include "wanted.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace rill::preview {
namespace {

constexpr double second_us = 1e6;
/// More than three hundred years: nothing is as old, and microseconds do not overflow.
constexpr double most_seconds = 1e10;

const std::string* find(const http::Request& request, const std::string& key) {
    const auto found = request.query.find(key);
    return found == request.query.end() || found->second.empty() ? nullptr : &found->second;
}

/// Empty when it is no number; it may be RFC 3339 then.
std::optional<double> plain_number(const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
    return error == std::errc() ? number : HUGE_VAL;
}

Result<int> parse_width(const http::Request& request, int fallback) {
    const std::string* text = find(request, "width");
    if (text == nullptr) return fallback;
    int width = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, width);
    const bool is_number = error == std::errc() && stop == end;
    if (is_number && width >= least_width && width <= most_width && width % 2 == 0) return width;
    return Error{Code::invalid_config,
                 fmt::format("width: '{}' is no even number from {} to {}", *text, least_width, most_width)};
}

}  // namespace

Result<Wanted> parse_wanted(const http::Request& request, std::string path, std::int64_t now_us) {
    Wanted wanted;
    wanted.path = std::move(path);
    const auto width = parse_width(request, wanted.width);
    if (!width) return width.error();
    wanted.width = *width;
    const std::string* time = find(request, "time");
    if (time == nullptr)
        return Error{Code::invalid_config, "'time' is missing; add time=… (RFC 3339, or seconds before now)"};
    if (const auto seconds = plain_number(*time)) {
        // The negated comparison refuses NaN, too.
        if (!(*seconds >= 0 && *seconds <= most_seconds)) {
            return Error{Code::invalid_config,
                         fmt::format("time: '{}' is no number of seconds before now; it must be 0 or more, "
                                     "and within reason",
                                     *time)};
        }
        wanted.time_us = now_us - std::llround(*seconds * second_us);
        wanted.relative = true;
        return wanted;
    }
    const auto absolute = parse_rfc3339(*time);
    if (!absolute) return Error{Code::invalid_config, "time: " + absolute.error().message};
    wanted.time_us = *absolute;
    return wanted;
}

}  // namespace rill::preview
