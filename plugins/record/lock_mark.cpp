#include "lock_mark.hpp"

#include <cerrno>
#include <sys/xattr.h>

namespace rill::record {

namespace {

constexpr const char* attribute = "user.rill.locked";

}  // namespace

std::error_code mark_locked(const std::filesystem::path& file, bool locked) {
    const int result =
        locked ? ::lsetxattr(file.c_str(), attribute, "1", 1, 0) : ::lremovexattr(file.c_str(), attribute);
    const bool done = result == 0 || (!locked && errno == ENODATA);
    return done ? std::error_code() : std::error_code(errno, std::generic_category());
}

bool is_marked_locked(const std::filesystem::path& file) {
    return ::lgetxattr(file.c_str(), attribute, nullptr, 0) >= 0;
}

}  // namespace rill::record
