// Where the program finds its modules and pages: in the build tree when it runs from there, else where it is
// installed.
#pragma once

#include <filesystem>

namespace rill {

/// Without $RILL_MODULE_DIR.
std::filesystem::path default_module_directory();
/// $RILL_WEB_DIR, or the default.
std::filesystem::path web_directory();

}  // namespace rill
