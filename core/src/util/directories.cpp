#include "directories.hpp"

#include <cstdlib>

namespace rill {

namespace {

namespace fs = std::filesystem;

/// The build directory when the program is <build>/apps/<name>/<name>, else empty.
fs::path build_tree() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const fs::path root = program.parent_path().parent_path().parent_path();
    const bool built_here =
        fs::exists(root / "build.ninja", error) && fs::is_directory(root / "plugins", error);
    return built_here ? root : fs::path();
}

}  // namespace

fs::path default_module_directory() {
    const fs::path build = build_tree();
    return build.empty() ? fs::path(RILL_MODULE_INSTALL_DIR) : build / "plugins";
}

fs::path web_directory() {
    if (const char* given = std::getenv("RILL_WEB_DIR")) return given;
    const fs::path build = build_tree();
    return build.empty() ? fs::path(RILL_WEB_INSTALL_DIR) : build / "web";
}

}  // namespace rill
