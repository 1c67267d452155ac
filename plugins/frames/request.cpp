#include "request.hpp"

#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>

namespace rill::frames {

namespace {

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

/// Unlike in other queries an empty value is a mistake: 0 would be one, too.
const std::string* value_of(const http::Request& request, const std::string& key) {
    const auto found = request.query.find(key);
    return found == request.query.end() ? nullptr : &found->second;
}

Error invalid(std::string_view key, std::string_view text, std::string_view expected) {
    return {Code::invalid_config, fmt::format("{}: '{}' is no {}", key, text.substr(0, 40), expected)};
}

Result<int> parse_side(const http::Request& request, const std::string& key) {
    const std::string* const text = value_of(request, key);
    if (text == nullptr) return 0;
    const auto side = parse<int>(*text);
    if (side && *side >= 1 && *side <= most_side) return *side;
    return invalid(key, *text, fmt::format("number from 1 to {}", most_side));
}

Result<double> parse_seconds(const http::Request& request, const std::string& key, double least, double most,
                             std::string_view expected) {
    const std::string* const text = value_of(request, key);
    if (text == nullptr) return 0.0;
    const auto value = parse<double>(*text);
    if (value && *value >= least && *value <= most) return *value;
    return invalid(key, *text, expected);
}

}  // namespace

Result<Wanted> parse_size(const http::Request& request, PixelFormat format) {
    const auto width = parse_side(request, "width");
    if (!width) return width.error();
    const auto height = parse_side(request, "height");
    if (!height) return height.error();
    if (std::int64_t{*width} * *height > most_pixels) {
        return Error{Code::invalid_config, fmt::format("width, height: {} x {} are more than {} pixels",
                                                       *width, *height, most_pixels)};
    }
    return Wanted{format, {*width, *height}};
}

Result<Wanted> parse_wanted(const http::Request& request, PixelFormat fallback) {
    const std::string* const text = value_of(request, "format");
    if (text == nullptr) return parse_size(request, fallback);
    const auto format = pixel_format(*text);
    if (!format) return invalid("format", *text, "bgr, rgb, gray, i420, jpeg or png");
    return parse_size(request, *format);
}

Result<std::uint64_t> parse_after(const http::Request& request) {
    const std::string* const text = value_of(request, "after");
    if (text == nullptr) return std::uint64_t{0};
    const auto sequence = parse<std::uint64_t>(*text);
    if (sequence) return *sequence;
    return invalid("after", *text, "sequence of a picture");
}

Result<std::chrono::nanoseconds> parse_pace(const http::Request& request) {
    const auto fps =
        parse_seconds(request, "fps", 0.01, 1000, "number of pictures a second from 0.01 to 1000");
    if (!fps) return fps.error();
    if (*fps == 0) return std::chrono::nanoseconds(0);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / *fps));
}

Result<std::chrono::microseconds> parse_max_age(const http::Request& request) {
    const auto seconds = parse_seconds(request, "max-age", 0, 86400, "number of seconds from 0 to 86400");
    if (!seconds) return seconds.error();
    return std::chrono::microseconds(static_cast<std::int64_t>(*seconds * 1e6));
}

}  // namespace rill::frames
