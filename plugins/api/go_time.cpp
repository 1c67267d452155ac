#include "go_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace rill::api {
namespace {

constexpr std::int64_t second_us = 1'000'000;

/// ".12", or nothing for a whole second.
std::string short_fraction(std::int64_t us) {
    std::string text = fmt::format(".{:06}", us);
    text.resize(text.find_last_not_of('0') + 1);
    return text == "." ? "" : text;
}

}  // namespace

std::string go_time(std::int64_t utc_us) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(utc_us));
    const std::time_t seconds = whole.count();
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const long minutes = local.tm_gmtoff / 60;
    const std::string zone = minutes == 0 ? "Z"
                                          : fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+',
                                                        std::abs(minutes) / 60, std::abs(minutes) % 60);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}", local.tm_year + 1900, local.tm_mon + 1,
                       local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                       short_fraction(utc_us - std::int64_t{seconds} * second_us), zone);
}

}  // namespace rill::api
