#include "segment_file.hpp"

#include "recovery.hpp"
#include "removal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace rill::record {

namespace fs = std::filesystem;

namespace {

/// What a part is hidden behind until it is whole.
using Cover = std::vector<std::uint8_t>;
constexpr std::size_t vectors_a_call = 1024;  // IOV_MAX of Linux

/// Everything, or the error number.
int write_all(int fd, std::vector<iovec> pieces, std::uint64_t offset) {
    std::size_t at = 0;
    while (at < pieces.size()) {
        const auto count = static_cast<int>(std::min(pieces.size() - at, vectors_a_call));
        const ssize_t written = ::pwritev(fd, &pieces[at], count, static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        offset += static_cast<std::uint64_t>(written);
        auto left = static_cast<std::size_t>(written);
        while (at < pieces.size() && left >= pieces[at].iov_len)
            left -= pieces[at++].iov_len;
        if (left == 0) continue;
        pieces[at].iov_base = static_cast<char*>(pieces[at].iov_base) + left;
        pieces[at].iov_len -= left;
    }
    return 0;
}

iovec piece_of(const void* data, std::size_t size) {
    return {const_cast<void*>(data),
            size};  // NOLINT(cppcoreguidelines-pro-type-const-cast): pwritev only reads
}

std::vector<iovec> pieces_of(const cmaf::Chunks& chunks) {
    std::vector<iovec> pieces;
    pieces.reserve(chunks.size() + 1);
    for (const auto& chunk : chunks) {
        gsize size = 0;
        const void* data = g_bytes_get_data(chunk.get(), &size);
        if (size > 0) pieces.push_back(piece_of(data, size));
    }
    return pieces;
}

Cover cover_of(Container container, std::size_t size) {
    Cover cover;
    if (container == Container::mpegts) return cover;
    // Void, and a size in 8 bytes, which does not count what stands before it: as much as a Cluster's header
    // has of unknown size.
    const bool is_box = container == Container::fmp4;
    if (!is_box) cover.push_back(0xEC);
    const std::size_t bytes = is_box ? 4 : 8;
    const std::uint64_t number = is_box ? size : (size - bytes - 1) | std::uint64_t{1} << 56;
    for (std::size_t i = bytes; i > 0; --i)
        cover.push_back(static_cast<std::uint8_t>(number >> (8 * (i - 1))));
    if (is_box) cover.insert(cover.end(), {'f', 'r', 'e', 'e'});
    return cover;
}

}  // namespace

SegmentFile::SegmentFile(fs::path root, std::string name, Container container)
    : root_(std::move(root)), name_(std::move(name)), container_(container) {}

SegmentFile::SegmentFile(SegmentFile&& other) noexcept
    : root_(std::move(other.root_)),
      name_(std::move(other.name_)),
      container_(other.container_),
      fd_(std::exchange(other.fd_, -1)),
      bytes_(other.bytes_),
      named_(other.named_),
      failed_(other.failed_) {}

SegmentFile::~SegmentFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!named_) remove_recording(root_, name_ + std::string(Recovery::unnamed_suffix));
}

Error SegmentFile::error(const char* action, int number) const {
    return {Code::unavailable, fmt::format("{}: cannot {}: {}", (root_ / name_).string(), action,
                                           std::generic_category().message(number))};
}

fs::path SegmentFile::temporary() const {
    return root_ / (name_ + std::string(Recovery::unnamed_suffix));
}

Result<SegmentFile> SegmentFile::create(const fs::path& root, const std::string& relative_file,
                                        const cmaf::Chunks& init, Container container) {
    SegmentFile file(root, relative_file, container);
    const fs::path temporary = file.temporary();
    std::error_code failed;
    fs::create_directories(temporary.parent_path(), failed);
    if (failed) return file.error("make its folder", failed.value());
    file.fd_ = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file.fd_ < 0) return file.error("make it", errno);
    if (const int number = write_all(file.fd_, pieces_of(init), 0); number != 0)
        return file.error("write", number);
    file.bytes_ = cmaf::size_of(init);
    return file;
}

/// What goes into such a file is lost, and writing does not fail.
bool SegmentFile::was_deleted() const {
    struct stat file {};
    return ::fstat(fd_, &file) == 0 && file.st_nlink == 0;
}

Result<> SegmentFile::append(const cmaf::Chunks& part) {
    if (failed_) return Error{Code::unavailable, fmt::format("{}: given up", (root_ / name_).string())};
    auto written = write(part);
    if (written) return written;
    failed_ = true;
    // What is left of the part is `free` and longer than the file: players skip it, so this may fail.
    [[maybe_unused]] const int cut = ::ftruncate(fd_, static_cast<off_t>(bytes_));
    return written;
}

Result<> SegmentFile::write(const cmaf::Chunks& part) {
    const std::size_t size = cmaf::size_of(part);
    auto pieces = pieces_of(part);
    const Cover cover = cover_of(container_, size);
    if (was_deleted()) {
        return Error{Code::unavailable,
                     fmt::format("{}: was deleted while it was being written", (root_ / name_).string())};
    }
    if (pieces.empty() || pieces.front().iov_len < cover.size() ||
        size > std::numeric_limits<std::uint32_t>::max())
        return Error{Code::internal, fmt::format("{}: a part that is none", (root_ / name_).string())};
    const auto* const start = static_cast<const std::uint8_t*>(pieces.front().iov_base);
    const Cover header(start, start + cover.size());
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + cover.size();
    pieces.front().iov_len -= cover.size();
    int number = write_all(fd_, {piece_of(cover.data(), cover.size())}, bytes_);
    // ffmpeg complains of an element that is longer than the file.
    const bool is_matroska = container_ == Container::matroska;
    if (number == 0 && is_matroska && ::ftruncate(fd_, static_cast<off_t>(bytes_ + size)) != 0)
        number = errno;
    if (number == 0) number = write_all(fd_, std::move(pieces), bytes_ + cover.size());
    if (number == 0) number = write_all(fd_, {piece_of(header.data(), header.size())}, bytes_);
    if (number != 0) return error("write", number);
    if (!named_) {
        if (::rename(temporary().c_str(), (root_ / name_).c_str()) != 0) return error("name it", errno);
        named_ = true;
    }
    bytes_ += size;
    return ok();
}

}  // namespace rill::record
