#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace rill::dialects {

namespace {

/// What a variable of the HLS stream manager means here.
struct Variable {
    const char* name;
    std::string_view option;
    std::string_view unit;  ///< that its number has, unsaid
};
constexpr auto variables = std::to_array<Variable>({
    {"CLEANUP_DELAY_SECONDS", "cleanupDelay", "s"},
    {"HLS_SEGMENT_TIME", "segmentDuration", "s"},
    {"HLS_LIST_SIZE", "segmentCount", ""},
});

Result<> apply(const Environment& environment, Options& values) {
    for (const Variable& variable : variables) {
        const auto text = environment(variable.name);
        if (!text || text->empty()) continue;
        const auto row = std::ranges::find(option_table, variable.option, &Option::name);
        auto value = parse_option(*row, fmt::format("{}{}", *text, variable.unit));
        if (!value)
            return Error{Code::invalid_config, fmt::format("the environment variable {}: {}", variable.name,
                                                           value.error().message)};
        values.set(variable.option, *std::move(value));
    }
    return ok();
}

Result<> choose(const std::vector<std::string>& list, Settings& settings) {
    settings.hls_manager = settings.frame_server = settings.dvr_server = false;
    for (const std::string& name : list) {
        if (name == "hlsManager") {
            settings.hls_manager = true;
        } else if (name == "frameServer") {
            settings.frame_server = true;
        } else if (name == "dvrServer") {
            settings.dvr_server = true;
        } else {
            return Error{
                Code::invalid_config,
                fmt::format("dialectsList: there is no '{}', only hlsManager, frameServer and dvrServer",
                            name)};
        }
    }
    if (list.empty()) return Error{Code::invalid_config, "dialectsList is empty; say dialects: no instead"};
    return ok();
}

}  // namespace

Environment process_environment() {
    return [](const char* name) -> std::optional<std::string> {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while modules are made.
        const char* const value = std::getenv(name);
        if (value == nullptr) return std::nullopt;
        return value;
    };
}

Result<Settings> Settings::from(const Options& options, const Environment& environment) {
    Settings settings;
    Options values = options;
    if (auto chosen = choose(values.list("list"), settings); !chosen) return chosen.error();
    if (settings.hls_manager) {
        if (auto applied = apply(environment, values); !applied) return applied.error();
    }
    settings.cleanup_delay = values.duration("cleanupDelay");
    settings.segment_duration = values.duration("segmentDuration");
    settings.segment_count = values.integer("segmentCount");
    settings.allow_origins = values.list("allowOrigins");
    return settings;
}

}  // namespace rill::dialects
