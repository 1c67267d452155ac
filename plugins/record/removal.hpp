// Deletes a recording's file.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace rill::record {

/// Deletes a file, which may be gone already, and then the folders that are empty without it, up to the root,
/// which stays. Who makes folders does so on the same thread, together with the file in them. Errors:
/// invalid_argument for a name that is not below the root, and those of unlink(2): the file is there still.
std::error_code remove_recording(const std::filesystem::path& root, const std::string& relative_file);

}  // namespace rill::record
