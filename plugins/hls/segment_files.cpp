#include "segment_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rill::hls {

namespace {

namespace fs = std::filesystem;

/// One disk does not get faster by being asked from many threads.
std::shared_ptr<Loop> disk_thread() {
    static std::mutex mutex;
    static std::weak_ptr<Loop> shared;
    const std::lock_guard lock(mutex);
    auto disk = shared.lock();
    if (!disk) shared = disk = std::make_shared<Loop>("hls-disk");
    return disk;
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// Error: what the system said.
Result<> write_all(int fd, const cmaf::Chunks& chunks) {
    for (const Ref<GBytes>& chunk : chunks) {
        gsize left = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &left));
        while (left > 0) {
            const ssize_t written = ::write(fd, data, left);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return Error{Code::unavailable, reason(errno)};
            data += written;
            left -= static_cast<gsize>(written);
        }
    }
    return ok();
}

Fd open_unnamed(const fs::path& folder) {
    Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    // Network disks have no files without names.
    if (fd || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    std::string name = folder / "rill-segment-XXXXXX";
    fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
    if (fd) ::unlink(name.c_str());
    return fd;
}

Result<std::shared_ptr<const Fd>> write_file(const fs::path& folder, const cmaf::Chunks& chunks) {
    auto fd = std::make_shared<const Fd>(open_unnamed(folder));
    if (!*fd) return Error{Code::unavailable, reason(errno)};
    if (auto written = write_all(fd->get(), chunks); !written) return written.error();
    return fd;
}

class FileBody final : public http::BodySource {
  public:
    FileBody(std::shared_ptr<Loop> disk, std::shared_ptr<const Fd> fd, std::uint64_t first,
             std::uint64_t count)
        : disk_(std::move(disk)), fd_(std::move(fd)), first_(first), count_(count) {}

    std::optional<std::uint64_t> size() const override { return count_; }
    void read(std::uint64_t offset, std::size_t at_most, Done done) override {
        const std::size_t count = std::min<std::uint64_t>(at_most, count_ - offset);
        // The thread may not end itself: it is not held by what it does.
        disk_->post([fd = fd_, from = first_ + offset, count, done = std::move(done)] {
            std::unique_ptr<void, decltype(&g_free)> bytes(g_malloc(count), g_free);
            const ssize_t got = ::pread(fd->get(), bytes.get(), count, static_cast<off_t>(from));
            if (got <= 0)
                return done(
                    Error{Code::unavailable, "the segment cannot be read: " + reason(got < 0 ? errno : EIO)});
            done(Piece{Ref<GBytes>::adopt(g_bytes_new_take(bytes.release(), static_cast<gsize>(got)))});
        });
    }

  private:
    const std::shared_ptr<Loop> disk_;
    const std::shared_ptr<const Fd> fd_;
    const std::uint64_t first_;
    const std::uint64_t count_;
};

}  // namespace

http::StreamedBody SegmentFile::body(std::uint64_t first, std::uint64_t count) const {
    return http::StreamedBody(std::make_unique<FileBody>(disk_, fd_, first, count));
}

Result<std::shared_ptr<SegmentFiles>> SegmentFiles::in(const fs::path& folder, SinkHost& host) {
    std::error_code error;
    fs::create_directories(folder, error);
    const auto tried = error ? Error{Code::unavailable, error.message()} : write_file(folder, {});
    if (tried) return std::shared_ptr<SegmentFiles>(new SegmentFiles(folder, disk_thread(), host));
    return Error{Code::unavailable,
                 fmt::format("hlsDirectory {}: {}; it must be a folder that this user may write to",
                             folder.string(), tried.error().message)};
}

SegmentFiles::SegmentFiles(fs::path folder, std::shared_ptr<Loop> disk, SinkHost& host)
    : folder_(std::move(folder)),
      disk_(std::move(disk)),
      door_(std::make_shared<Door>([&host](std::function<void()> work) { host.post(std::move(work)); })),
      log_(host.log()) {}

void SegmentFiles::keep(const std::shared_ptr<Segment>& segment) {
    const std::weak_ptr<Segment> weak = segment;
    // One that nobody lists any more when its turn comes is not worth it: a slow disk collects nothing here.
    disk_->post([weak, folder = folder_, door = door_, log = log_, has_failed = has_failed_,
                 disk = std::weak_ptr(disk_)] {
        auto closed = weak.lock();
        if (!closed) return;
        const auto fd = write_file(folder, closed->bytes());
        // From here on it may hold this thread, which may not end itself.
        closed.reset();
        if (!fd) {
            if (!has_failed->exchange(true))
                log.warning("segments stay in memory: hlsDirectory {}: {}", folder.string(),
                            fd.error().message);
            return;
        }
        has_failed->store(false);
        door->post([weak, fd = *fd, disk] {
            const auto segment = weak.lock();
            const auto thread = disk.lock();
            if (!segment || !thread) return;
            segment->file = std::make_shared<const SegmentFile>(thread, fd);
            for (Part& part : segment->parts)
                part.bytes.clear();
        });
    });
}

}  // namespace rill::hls
