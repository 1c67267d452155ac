#include "atomic_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace rill {
namespace {

Error cannot(std::string_view what, const std::string& file) {
    const std::string reason = std::generic_category().message(errno);
    return {Code::unavailable, fmt::format("cannot {} {}: {}", what, file, reason)};
}

bool write_all(int file, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<AtomicFile> AtomicFile::write(std::string path, std::string_view content) {
    AtomicFile file(std::move(path));
    const std::string beside = file.beside();
    const Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return cannot("write", beside);
    // One that a killed process left may have another mode.
    if (::fchmod(fd.get(), 0600) != 0 || !write_all(fd.get(), content) || ::fsync(fd.get()) != 0)
        return cannot("write", beside);
    return file;
}

AtomicFile::~AtomicFile() {
    if (!path_.empty()) ::unlink(beside().c_str());
}

Result<> AtomicFile::put_in_place() {
    if (::rename(beside().c_str(), path_.c_str()) != 0) return cannot("replace", path_);
    const std::string path = std::exchange(path_, {});
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return cannot("write", folder);
    return ok();
}

}  // namespace rill
