// What a viewer asks of a session that runs: other times, other speeds. The same over HTTP and /ws.
#pragma once

#include <rill/json.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

namespace rill::webrtc {

/// Where a viewer is on the path's time line.
struct Position {
    std::int64_t time_us = 0;  ///< of the picture that is shown, UTC
    double rate = 1;
    bool live = true;
};

/// {"mode":"live"|"dvr","time":RFC 3339,"rate":1.0}
Json to_json(const Position& position);

/// Why something was not done. A time at which nothing is recorded has neighbours.
struct Refusal {
    Error error;
    bool of_time = false;                                  ///< before and after are told
    std::optional<std::int64_t> before_us = std::nullopt;  ///< UTC; after it there is nothing
};

/// Adds "before" and "after", of which each may be null.
void add_neighbours(Json& message, const Refusal& refusal);

using Outcome = std::variant<Position, Refusal>;
using Answer = std::function<void(const Outcome&)>;

struct Command {
    enum class Kind { seek = 1, live, speed, step };
    Kind kind = Kind::live;
    std::int64_t time_us = 0;  ///< of seek, UTC
    double rate = 1;           ///< of speed: is_speed
    int frames = 0;            ///< of step: 1 or -1
    /// Where nothing is recorded at and after a time, what is live is shown; else that is refused.
    bool path_is_online = true;
};

/// RFC 3339 in quotes, or seconds before now as a number. Error: invalid_config.
Result<std::int64_t> read_time(const Json& value, std::int64_t now_us);

/// Whether there is a command of the name: "seek", "live", "speed", "step".
bool is_command(std::string_view name);
/// Error: invalid_config, when the name is none or `arguments` (a JSON object) do not fit.
Result<Command> read_command(std::string_view name, const Json& arguments, std::int64_t now_us);

}  // namespace rill::webrtc
