#include <rill/clock.hpp>
#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <charconv>

namespace rill::http {
namespace {

Result<std::int64_t> time_of(const std::string& key, const std::string& text) {
    auto time = parse_rfc3339(text);
    return time ? time : about(key, time.error());
}

Result<std::int64_t> time_or(const Request& request, const std::string& key, std::int64_t fallback) {
    const std::string* text = find(request, key);
    return text == nullptr ? Result<std::int64_t>(fallback) : time_of(key, *text);
}

Result<TimeRange> range_of(const Result<std::int64_t>& start, const Result<std::int64_t>& end) {
    if (!start) return start.error();
    if (!end) return end.error();
    if (*end <= *start) return Error{Code::invalid_config, "'end' must be after 'start'"};
    return TimeRange{*start, *end};
}

}  // namespace

const std::string* find(const Request& request, const std::string& key) {
    const auto found = request.query.find(key);
    return found == request.query.end() || found->second.empty() ? nullptr : &found->second;
}

Error about(std::string_view key, const Error& error) {
    return {error.code, fmt::format("{}: {}", key, error.message)};
}

Result<std::string> required(const Request& request, const std::string& key) {
    if (const std::string* value = find(request, key)) return *value;
    return Error{Code::invalid_config, fmt::format("'{0}' is missing; add {0}=… to the URL", key)};
}

Result<std::int64_t> required_time(const Request& request, const std::string& key) {
    const auto text = required(request, key);
    if (!text) return text.error();
    return time_of(key, *text);
}

Result<TimeRange> optional_range(const Request& request) {
    return range_of(time_or(request, "start", all_time.start_us), time_or(request, "end", all_time.end_us));
}

Result<TimeRange> required_range(const Request& request) {
    return range_of(required_time(request, "start"), required_time(request, "end"));
}

Result<std::size_t> number(const Request& request, const std::string& key, std::size_t fallback,
                           std::size_t least, std::size_t most) {
    const std::string* text = find(request, key);
    if (text == nullptr) return fallback;
    std::size_t value = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error == std::errc() && stop == end && value >= least && value <= most) return value;
    return Error{Code::invalid_config,
                 fmt::format("{}: '{}' is no whole number from {} to {}", key, *text, least, most)};
}

}  // namespace rill::http
