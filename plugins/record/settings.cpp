#include "settings.hpp"

#include "container.hpp"

namespace rill::record {

Result<Settings> Settings::from(const Options& options) {
    auto pattern = FilePattern::parse(options.text("path"));
    if (!pattern) return pattern.error();
    Settings settings{.pattern = *std::move(pattern)};
    for (const auto& [container, extension] : extensions) {
        if (options.text("format") == to_string(container)) settings.container = container;
    }
    settings.pre_roll = {options.duration("preRoll"),
                         static_cast<std::size_t>(options.integer("preRollSize"))};
    settings.part_duration = options.duration("partDuration");
    settings.segment_duration = options.duration("segmentDuration");
    settings.part_max_bytes = static_cast<std::size_t>(options.integer("maxPartSize"));
    const auto delete_after = options.duration("deleteAfter");
    settings.delete_after_us = std::chrono::duration_cast<std::chrono::microseconds>(delete_after).count();
    settings.max_bytes = static_cast<std::uint64_t>(options.integer("maxSize"));
    settings.storage_max_bytes = static_cast<std::uint64_t>(options.integer("storageMaxSize"));
    settings.min_free = static_cast<std::uint64_t>(options.integer("minFree"));
    if (settings.part_duration > settings.segment_duration) {
        return Error{Code::invalid_config,
                     "recordPartDuration: longer than recordSegmentDuration, which consists of parts"};
    }
    if (delete_after.count() > 0 && delete_after < settings.segment_duration) {
        return Error{Code::invalid_config,
                     "recordDeleteAfter: shorter than recordSegmentDuration; whole segments are deleted"};
    }
    return settings;
}

}  // namespace rill::record
