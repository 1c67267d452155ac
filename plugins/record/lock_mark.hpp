// A lock of a recording that outlives the index.
#pragma once

#include <filesystem>
#include <system_error>

namespace rill::record {

/// Writes down in the file's extended attribute user.rill.locked (xattr(7)) whether it is kept from
/// retention, or no longer. Errors: those of lsetxattr(2); where the file system has no attributes, only the
/// index knows.
std::error_code mark_locked(const std::filesystem::path& file, bool locked);
bool is_marked_locked(const std::filesystem::path& file);

}  // namespace rill::record
