#include "wanted.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace rill::preview {
namespace {

Result<int> parse_width(const http::Request& request, int fallback) {
    const std::string* text = http::find(request, "width");
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
    const std::string* time = http::find(request, "time");
    if (time == nullptr)
        return Error{Code::invalid_config, "'time' is missing; add time=… (RFC 3339, or seconds before now)"};
    const auto moment = parse_moment(*time, now_us);
    if (!moment) return http::about("time", moment.error());
    wanted.time_us = moment->utc_us;
    wanted.relative = moment->relative;
    return wanted;
}

}  // namespace rill::preview
