// What a path's configuration says of its recording.
#pragma once

#include "file_pattern.hpp"

#include <rill/archive.hpp>
#include <rill/link.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <cstddef>
#include <cstdint>

namespace rill::record {

struct Settings {
    FilePattern pattern;
    Container container = Container::fmp4;
    History pre_roll = {};  ///< what is kept while the configuration has recording off
    Nanoseconds part_duration{0};
    Nanoseconds segment_duration{0};
    std::size_t part_max_bytes = 0;
    std::int64_t delete_after_us = 0;     ///< 0: never
    std::uint64_t max_bytes = 0;          ///< of the path; 0: any
    std::uint64_t storage_max_bytes = 0;  ///< of all paths in the root; 0: any
    std::uint64_t min_free = 0;           ///< of the root's disk

    /// Error: invalid_config, naming the key.
    static Result<Settings> from(const Options& options);
};

}  // namespace rill::record
