#include "steering.hpp"

#include "player.hpp"

#include <rill/clock.hpp>
#include <rill/http_recorded.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace rill::webrtc {

namespace {

constexpr double longest_ago = 100.0 * 366 * 86400;

Result<Command> read_seek(const Json& arguments, std::int64_t now_us) {
    const auto time = read_time(arguments["time"], now_us);
    if (!time) return time.error();
    return Command{.kind = Command::Kind::seek, .time_us = *time};
}

Result<Command> read_live(const Json&, std::int64_t) {
    return Command{.kind = Command::Kind::live};
}

Result<Command> read_speed(const Json& arguments, std::int64_t) {
    const auto rate = arguments["rate"].number();
    if (!rate || !is_speed(*rate)) {
        return Error{Code::invalid_config,
                     "a speed has a \"rate\": 0, 0.25 to 64, or for keyframes backwards -0.25 to -64"};
    }
    return Command{.kind = Command::Kind::speed, .rate = *rate};
}

Result<Command> read_step(const Json& arguments, std::int64_t) {
    const auto frames = arguments["frames"].integer();
    if (!frames || std::abs(*frames) != 1)
        return Error{Code::invalid_config, "a step has \"frames\": 1, or -1 for the picture before"};
    return Command{.kind = Command::Kind::step, .frames = static_cast<int>(*frames)};
}

using CommandReader = Result<Command> (*)(const Json& arguments, std::int64_t now_us);

/// Null: there is no such command.
CommandReader reader_of(std::string_view name) {
    constexpr auto readers = std::to_array<std::pair<std::string_view, CommandReader>>(
        {{"seek", read_seek}, {"live", read_live}, {"speed", read_speed}, {"step", read_step}});
    const auto found = std::ranges::find(readers, name, [](const auto& one) { return one.first; });
    return found == readers.end() ? nullptr : found->second;
}

}  // namespace

Json to_json(const Position& position) {
    return Json::object()
        .set("mode", position.live ? "live" : "dvr")
        .set("time", rfc3339_us(position.time_us))
        .set("rate", position.rate);
}

void add_neighbours(Json& message, const Refusal& refusal) {
    if (refusal.of_time) http::set_neighbours(message, refusal.before_us, std::nullopt);
}

Result<std::int64_t> read_time(const Json& value, std::int64_t now_us) {
    if (const auto text = value.text()) return parse_rfc3339(*text);
    const auto seconds = value.number();
    if (seconds && *seconds >= 0 && *seconds <= longest_ago)
        return now_us - static_cast<std::int64_t>(*seconds * 1e6);
    return Error{Code::invalid_config,
                 "a time is RFC 3339 in quotes (\"2026-01-08T10:00:00Z\"), or seconds before now as a number "
                 "that is not negative"};
}

bool is_command(std::string_view name) {
    return reader_of(name) != nullptr;
}

Result<Command> read_command(std::string_view name, const Json& arguments, std::int64_t now_us) {
    if (const CommandReader read = reader_of(name)) return read(arguments, now_us);
    return Error{Code::invalid_config, fmt::format("no command is called '{}'", name)};
}

}  // namespace rill::webrtc
