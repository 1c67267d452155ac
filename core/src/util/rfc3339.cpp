#include <rill/clock.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace rill {

namespace {

constexpr std::int64_t second_us = 1'000'000;

/// Takes text off its start, piece by piece.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    /// Exactly `digits` digits, of a number from `least` to `most`.
    int number(std::size_t digits, int least, int most) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i)
            value = value * 10 + digit();
        ok_ = ok_ && value >= least && value <= most;
        return value;
    }
    int digit() {
        const char c = take();
        ok_ = ok_ && c >= '0' && c <= '9';
        return ok_ ? c - '0' : 0;
    }
    bool has_digit() const { return peek() >= '0' && peek() <= '9'; }
    char one_of(std::string_view allowed) {
        const char c = take();
        ok_ = ok_ && c != '\0' && allowed.find(c) != std::string_view::npos;
        return c;
    }

  private:
    char take() {
        const char c = peek();
        rest_.remove_prefix(rest_.empty() ? 0 : 1);
        return c;
    }

    std::string_view rest_;
    bool ok_ = true;
};

std::int64_t fraction_us(Scanner& scanner) {
    if (scanner.peek() != '.') return 0;
    scanner.one_of(".");
    std::int64_t value = 0;
    std::int64_t unit = second_us;
    do {
        unit /= 10;
        value += unit * scanner.digit();
    } while (scanner.has_digit());
    return value;
}

std::int64_t offset_us(Scanner& scanner) {
    const char sign = scanner.one_of("Zz+- ");
    if (sign == 'Z' || sign == 'z') return 0;
    const std::int64_t hours = scanner.number(2, 0, 23);
    scanner.one_of(":");
    const std::int64_t minutes = scanner.number(2, 0, 59);
    const std::int64_t offset = (hours * 3600 + minutes * 60) * second_us;
    return sign == '-' ? -offset : offset;
}

/// RFC 3339 §5.6.
std::optional<std::int64_t> scan_time(std::string_view text) {
    namespace chrono = std::chrono;
    Scanner scanner(text);
    const int year = scanner.number(4, 0, 9999);
    scanner.one_of("-");
    const int month = scanner.number(2, 1, 12);
    scanner.one_of("-");
    const int day = scanner.number(2, 1, 31);
    scanner.one_of("Tt ");
    std::int64_t seconds = std::int64_t{3600} * scanner.number(2, 0, 23);
    scanner.one_of(":");
    seconds += std::int64_t{60} * scanner.number(2, 0, 59);
    scanner.one_of(":");
    seconds += scanner.number(2, 0, 60);  // a leap second is the next one
    const std::int64_t fraction = fraction_us(scanner);
    const std::int64_t offset = offset_us(scanner);
    const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                      chrono::day(static_cast<unsigned>(day))};
    if (!scanner.ok() || !scanner.at_end() || !date.ok()) return std::nullopt;
    const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
    return (days * 24 * 3600 + seconds) * second_us + fraction - offset;
}

/// Empty when it is no number; it may be RFC 3339 then.
std::optional<double> plain_seconds(std::string_view text) {
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, seconds);
    if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
    return error == std::errc() ? seconds : HUGE_VAL;
}

}  // namespace

Result<std::int64_t> parse_rfc3339(std::string_view text) {
    if (const auto time = scan_time(text)) return *time;
    return Error{
        Code::invalid_config,
        fmt::format("'{}' is no time; write it as RFC 3339 says: 2026-01-08T10:00:01.5+01:00", text)};
}

Result<Moment> parse_moment(std::string_view text, std::int64_t now_us) {
    constexpr double longest_s = 100.0 * 366 * 24 * 3600;
    const auto seconds = plain_seconds(text);
    if (!seconds) {
        const auto time = parse_rfc3339(text);
        if (!time) return time.error();
        return Moment{*time, false};
    }
    // The negated comparison refuses NaN, too.
    if (!(*seconds >= 0 && *seconds <= longest_s)) {
        return Error{
            Code::invalid_config,
            fmt::format("'{}' is no time; write 2026-01-08T10:00:00Z, or seconds before now: 30", text)};
    }
    return Moment{now_us - std::llround(*seconds * static_cast<double>(second_us)), true};
}

std::string rfc3339_us(std::int64_t utc_us) {
    namespace chrono = std::chrono;
    const chrono::sys_time<chrono::microseconds> time{chrono::microseconds(utc_us)};
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string rfc3339(std::int64_t utc_us) {
    constexpr std::size_t up_to_milliseconds = std::string_view("2026-01-08T10:00:01.123").size();
    return rfc3339_us(utc_us).substr(0, up_to_milliseconds) + "Z";
}

}  // namespace rill
