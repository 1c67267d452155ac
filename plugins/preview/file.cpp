#include "file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace rill::preview {

Result<File> File::open(const std::filesystem::path& name) {
    const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) return File(descriptor);
    return Error{
        errno == ENOENT ? Code::not_found : Code::unavailable,
        fmt::format("the recording {} cannot be opened: {}", name.filename().string(), std::strerror(errno))};
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> File::read(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return Error{Code::unavailable, fmt::format("a recording cannot be read at byte {}: {}", offset,
                                                        std::strerror(errno))};
        }
        if (count == 0) {
            return Error{
                Code::internal,
                fmt::format("the recording is damaged: it ends at byte {}, before what the index knows of it",
                            offset)};
        }
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return ok();
}

Result<Ref<GBytes>> File::read(std::uint64_t offset, std::size_t count) const {
    Owned<std::uint8_t> memory(static_cast<std::uint8_t*>(g_malloc(count)));
    if (const auto filled = read(offset, std::span(memory.get(), count)); !filled) return filled.error();
    return Ref<GBytes>::adopt(g_bytes_new_take(memory.release(), count));
}

}  // namespace rill::preview
