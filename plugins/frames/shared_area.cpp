#include "shared_area.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace rill::frames {

namespace {

/// Who could write could also make it shorter, and whoever writes to what is gone ends by SIGBUS.
constexpr mode_t for_the_group = 0640;

Error failed(const std::string& name, const char* what) {
    return {Code::internal, fmt::format("shared memory '{}': {}: {}", name, what, std::strerror(errno))};
}

}  // namespace

SharedArea::SharedArea(std::string name, Fd fd, std::uint8_t* memory, std::size_t slot_bytes,
                       std::size_t slots)
    : name_(std::move(name)), fd_(std::move(fd)), memory_(memory), slot_bytes_(slot_bytes), slots_(slots) {}

SharedArea::~SharedArea() {
    ::munmap(memory_, bytes());
    ::shm_unlink(name_.c_str());
}

void SharedArea::remove_all(const std::string& prefix) {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator("/dev/shm", failed)) {
        const std::string name = "/" + entry.path().filename().string();
        if (name.starts_with(prefix)) ::shm_unlink(name.c_str());
    }
}

Result<std::unique_ptr<SharedArea>> SharedArea::create(const std::string& prefix, std::size_t slot_bytes,
                                                       std::size_t slots) {
    const std::size_t bytes = slot_bytes * slots;
    const std::string name = fmt::format("{}-{:08x}", prefix, g_random_int());
    Fd fd(::shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, for_the_group));
    if (!fd) return failed(name, "cannot be made");
    void* memory = MAP_FAILED;
    // The umask takes rights away from what is made.
    if (::fchmod(fd.get(), for_the_group) == 0 && ::ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0)
        memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) {
        const Error error = failed(name, "cannot be used");
        ::shm_unlink(name.c_str());
        return error;
    }
    return std::unique_ptr<SharedArea>(
        new SharedArea(name, std::move(fd), static_cast<std::uint8_t*>(memory), slot_bytes, slots));
}

bool SharedArea::reserve(std::size_t slot) {
    // Written to without that, memory that the system does not have is a SIGBUS.
    while (reserved_ <= slot) {
        const auto begin = static_cast<off_t>(reserved_ * slot_bytes_);
        if (::posix_fallocate(fd_.get(), begin, static_cast<off_t>(slot_bytes_)) != 0) return false;
        ++reserved_;
    }
    return true;
}

}  // namespace rill::frames
