#include "watched_file.hpp"

#include <chrono>
#include <sys/stat.h>
#include <utility>

namespace rill {

namespace {

constexpr auto interval = std::chrono::seconds(1);

std::uint64_t nanoseconds(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

FileIdentity identity_of(const std::string& file) {
    struct stat found {};
    if (stat(file.c_str(), &found) != 0) return {};
    return {{found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size),
             nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)}};
}

WatchedFile::WatchedFile(std::string file, FileIdentity known, Loop& loop, std::function<void()> changed)
    : file_(std::move(file)), changed_(std::move(changed)), told_(known), seen_(known) {
    timer_ = loop.every(interval, [this] { look(); });
}

void WatchedFile::look() {
    const FileIdentity now = identity_of(file_);
    const bool is_still = now == std::exchange(seen_, now);
    if (!now || !is_still || now == told_) return;
    told_ = now;
    changed_();
}

}  // namespace rill
