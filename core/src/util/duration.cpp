#include "duration.hpp"

#include "escape.hpp"

#include <rill/options.hpp>

#include <fmt/format.h>

#include <array>
#include <optional>

namespace rill {
namespace {

struct Suffix {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::array<Suffix, 9> duration_units = {{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // micro sign
    {"\u03bcs", 1'000},  // Greek mu
    {"ns", 1},
}};

constexpr std::array<Suffix, 4> size_units = {{
    {"T", std::int64_t{1} << 40},
    {"G", std::int64_t{1} << 30},
    {"M", std::int64_t{1} << 20},
    {"k", std::int64_t{1} << 10},
}};

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// A decimal number without a sign: "1", "1.5", ".5", "1.".
struct Decimal {
    std::int64_t whole = 0;
    std::int64_t fraction = 0;  ///< of scale
    std::int64_t scale = 1;
};

/// Takes a number from the front of `text`. Nothing when there is none, or it does not fit.
std::optional<Decimal> take_decimal(std::string_view& text) {
    constexpr std::int64_t scale_limit = 1'000'000'000'000'000;  // further digits say nothing
    Decimal result;
    std::size_t digits = 0;
    while (!text.empty() && is_digit(text[0])) {
        if (__builtin_mul_overflow(result.whole, 10, &result.whole) ||
            __builtin_add_overflow(result.whole, text[0] - '0', &result.whole)) {
            return {};
        }
        text.remove_prefix(1);
        ++digits;
    }
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
            if (result.scale == scale_limit) continue;
            result.fraction = result.fraction * 10 + (text[0] - '0');
            result.scale *= 10;
        }
    }
    if (digits == 0) return {};
    return result;
}

/// number × factor, rounded down; nothing when it does not fit.
std::optional<std::int64_t> multiply(const Decimal& number, std::int64_t factor) {
    const auto fraction =
        static_cast<std::int64_t>(static_cast<long double>(number.fraction) *
                                  static_cast<long double>(factor) / static_cast<long double>(number.scale));
    std::int64_t result = 0;
    if (__builtin_mul_overflow(number.whole, factor, &result)) return {};
    if (__builtin_add_overflow(result, fraction, &result)) return {};
    return result;
}

std::optional<std::int64_t> duration_factor(std::string_view unit) {
    for (const Suffix& candidate : duration_units) {
        if (candidate.name == unit) return candidate.factor;
    }
    return {};
}

std::optional<std::int64_t> size_factor(std::string_view unit) {
    if (unit.empty() || unit == "B") return 1;
    if (unit.size() > 1 && unit.substr(1) != "B" && unit.substr(1) != "iB") return {};
    for (const Suffix& candidate : size_units) {
        if (candidate.name[0] == unit[0] || candidate.name[0] == (unit[0] ^ 0x20)) return candidate.factor;
    }
    return {};
}

std::optional<std::int64_t> nanoseconds_of(std::string_view text) {
    if (text == "0") return 0;
    if (text.empty()) return {};
    std::int64_t total = 0;
    while (!text.empty()) {
        const auto number = take_decimal(text);
        if (!number) return {};
        std::size_t length = 0;
        while (length < text.size() && !is_digit(text[length]) && text[length] != '.')
            ++length;
        const auto factor = duration_factor(text.substr(0, length));
        if (!factor) return {};
        const auto part = multiply(*number, *factor);
        if (!part || __builtin_add_overflow(total, *part, &total)) return {};
        text.remove_prefix(length);
    }
    return total;
}

std::optional<std::int64_t> bytes_of(std::string_view text) {
    const auto number = take_decimal(text);
    if (!number) return {};
    const auto factor = size_factor(text);
    if (!factor) return {};
    return multiply(*number, *factor);
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (const auto value = nanoseconds_of(text)) return std::chrono::nanoseconds(*value);
    return Error{Code::invalid_config,
                 fmt::format("expected a duration such as 10s, 200ms or 1h30m, got {}", in_quotes(text))};
}

Result<std::int64_t> parse_size(std::string_view text) {
    if (const auto value = bytes_of(text)) return *value;
    return Error{Code::invalid_config,
                 fmt::format("expected a size such as 50M, 64k or 1024, got {}", in_quotes(text))};
}

std::string format_duration(std::chrono::nanoseconds duration) {
    std::int64_t rest = duration.count();
    if (rest == 0) return "0s";
    std::string result;
    for (const Suffix& unit : duration_units) {
        if (rest < unit.factor) continue;
        result += fmt::format("{}{}", rest / unit.factor, unit.name);
        rest %= unit.factor;
    }
    return result;
}

std::string format_size(std::int64_t bytes) {
    for (const Suffix& unit : size_units) {
        if (bytes != 0 && bytes % unit.factor == 0)
            return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
    return fmt::format("{}", bytes);
}

}  // namespace rill
