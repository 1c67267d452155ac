#include "removal.hpp"

#include <cerrno>
#include <unistd.h>

namespace rill::record {

namespace fs = std::filesystem;

std::error_code remove_recording(const fs::path& root, const std::string& relative_file) {
    // The names come from the index, which may be damaged.
    const fs::path relative = fs::path(relative_file).lexically_normal();
    if (relative.empty() || relative.is_absolute() || *relative.begin() == ".." || relative == "." ||
        !relative.has_filename())
        return std::make_error_code(std::errc::invalid_argument);
    if (::unlink((root / relative).c_str()) != 0 && errno != ENOENT) return {errno, std::generic_category()};
    for (fs::path folder = relative.parent_path(); !folder.empty(); folder = folder.parent_path()) {
        if (::rmdir((root / folder).c_str()) != 0 && errno != ENOENT) break;
    }
    return {};
}

}  // namespace rill::record
