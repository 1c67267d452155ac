#include "disk_space.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/statvfs.h>

namespace rill::record {

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) != 0) {
        return Error{Code::unavailable, fmt::format("the free space of {} is not known: {}", folder.string(),
                                                    std::strerror(errno))};
    }
    return DiskSpace{std::uint64_t{disk.f_blocks} * disk.f_frsize,
                     std::uint64_t{disk.f_bavail} * disk.f_frsize};
}

}  // namespace rill::record
