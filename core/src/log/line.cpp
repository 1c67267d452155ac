#include "line.hpp"

#include "util/escape.hpp"

#include <ctime>

namespace rill {
namespace {

/// Of a longer message no more is looked at, so that a huge one costs no time.
constexpr std::size_t message_bytes = 4 * log_line_bytes;

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return "ERR";
        case LogLevel::warning:
            return "WAR";
        case LogLevel::info:
            return "INF";
        case LogLevel::debug:
            return "DEB";
    }
    return "INF";
}

/// "+01:00" (RFC 3339 §5.6).
std::string utc_offset(const std::tm& time) {
    const long minutes = std::abs(time.tm_gmtoff) / 60;
    return fmt::format("{}{:02}:{:02}", time.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string plain_start(LogLevel level, const std::tm& time) {
    return fmt::format("{:04}/{:02}/{:02} {:02}:{:02}:{:02} {} ", time.tm_year + 1900, time.tm_mon + 1,
                       time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, level_name(level));
}

std::string json_start(LogLevel level, const std::tm& time, std::chrono::nanoseconds fraction) {
    return fmt::format(
        R"({{"timestamp":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}{}","level":"{}","message":")",
        time.tm_year + 1900, time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec,
        fraction.count(), utc_offset(time), level_name(level));
}

}  // namespace

std::tm local_time(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm result = {};
    localtime_r(&seconds, &result);
    return result;
}

std::string log_text(std::string_view scope, std::string_view message) {
    std::string text(scope);
    text += message.substr(0, message_bytes);
    return mask_credentials(text);
}

std::string log_line(LogLevel level, bool structured, std::chrono::system_clock::time_point time,
                     std::string_view text) {
    const auto fraction = time - std::chrono::floor<std::chrono::seconds>(time);
    std::string line =
        structured ? json_start(level, local_time(time), fraction) : plain_start(level, local_time(time));
    const std::string_view end = structured ? "\"}\n" : "\n";

    append_escaped(line, text, structured ? Notation::json : Notation::plain,
                   log_line_bytes - line.size() - end.size());
    return line += end;
}

}  // namespace rill
