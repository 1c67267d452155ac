// What there is of a disk.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>

namespace rill::record {

struct DiskSpace {
    std::uint64_t bytes = 0;  ///< its size
    std::uint64_t free = 0;   ///< what is left for us
};

/// Of the disk that a folder is on. Error: unavailable.
Result<DiskSpace> disk_space(const std::filesystem::path& folder);

}  // namespace rill::record
