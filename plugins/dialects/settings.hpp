// What the module is told: by its options, and by the variables of those whose clients it serves.
#pragma once

#include <rill/options.hpp>
#include <rill/result.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rill::dialects {

inline constexpr auto option_table = std::to_array<Option>({
    {.name = "list",
     .type = Type::list,
     .fallback = "hlsManager, frameServer, dvrServer",
     .doc = "Which APIs are served: hlsManager (/api/stream/start …), frameServer (/api/streams, /ws/{id}), "
            "dvrServer (/streams)."},
    {.name = "cleanupDelay",
     .type = Type::duration,
     .fallback = "30s",
     .doc = "How long after its last request a stream of the HLS stream manager is taken away; "
            "CLEANUP_DELAY_SECONDS in the environment.",
     .minimum = 1'000,
     .maximum = 86'400'000},
    {.name = "segmentDuration",
     .type = Type::duration,
     .fallback = "2s",
     .doc = "The least duration of a segment of the HLS stream manager; HLS_SEGMENT_TIME in the environment.",
     .minimum = 200,
     .maximum = 60'000},
    {.name = "segmentCount",
     .type = Type::integer,
     .fallback = "5",
     .doc = "Segments in a playlist of the HLS stream manager; HLS_LIST_SIZE in the environment.",
     .minimum = 3,
     .maximum = 1'000},
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use these APIs from elsewhere (CORS)."},
});

/// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

struct Settings {
    bool hls_manager = true;
    bool frame_server = true;
    bool dvr_server = true;
    std::chrono::nanoseconds cleanup_delay{0};     ///< of the HLS stream manager
    std::chrono::nanoseconds segment_duration{0};  ///< of its streams
    std::int64_t segment_count = 0;
    std::vector<std::string> allow_origins;

    /// A variable counts before the option that means the same. Error: invalid_config, which names option or
    /// variable.
    static Result<Settings> from(const Options& options, const Environment& environment);
};

}  // namespace rill::dialects
