// A file that exists in memory only, for readers that want a descriptor.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace rill::test {

class MemoryFile {
  public:
    explicit MemoryFile(const std::vector<std::uint8_t>& bytes)
        : fd_(memfd_create("rill-test", MFD_CLOEXEC)) {
        if (fd_ < 0) throw std::runtime_error("memfd_create failed");
        const auto written = write(fd_, bytes.data(), bytes.size());
        if (written != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("writing to memory failed");
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { close(fd_); }
    int fd() const { return fd_; }

  private:
    int fd_;
};

}  // namespace rill::test
