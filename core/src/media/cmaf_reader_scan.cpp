// Finds the parts of a file on disk by its box headers and moofs.
#include "box_parser.hpp"

#include <rill/media/cmaf_reader.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace rill::cmaf {
namespace {

/// A moof has 16 bytes for a sample, so a damaged size asks for no more memory than a million samples do.
constexpr std::uint64_t longest_box_read = 16 << 20;

/// Random access through a small window, so that a header and the moof behind it cost one system call.
class FileWindow {
  public:
    FileWindow(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

    std::uint64_t size() const { return size_; }

    /// Valid until the next call. Error: unsupported_media past the end, internal when reading fails.
    Result<Bytes> read(std::uint64_t offset, std::uint64_t count) {
        if (offset > size_ || count > size_ - offset) return broken("the file ends in the middle of a box");
        if (count > longest_box_read) return broken("a box is larger than any that Rill writes");
        if (!holds(offset, count)) {
            if (const auto filled = fill(offset, std::max(count, usual_moof)); !filled) return filled.error();
        }
        if (!holds(offset, count)) return broken("the file has become shorter");
        return Bytes(bytes_).subspan(offset - start_, count);
    }

  private:
    static constexpr std::uint64_t usual_moof = 4096;

    bool holds(std::uint64_t offset, std::uint64_t count) const {
        return offset >= start_ && offset - start_ <= bytes_.size() &&
               count <= bytes_.size() - (offset - start_);
    }

    Result<> fill(std::uint64_t offset, std::uint64_t count) {
        bytes_.resize(std::min(count, size_ - offset));
        start_ = offset;
        std::size_t filled = 0;
        while (filled < bytes_.size()) {
            const ssize_t got = pread(fd_, bytes_.data() + filled, bytes_.size() - filled,
                                      static_cast<off_t>(offset + filled));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) {
                const int reason = errno;
                bytes_.clear();
                return Error{Code::internal,
                             fmt::format("reading the file at byte {} failed: {}; check the disk",
                                         offset + filled, std::strerror(reason))};
            }
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
        }
        bytes_.resize(filled);
        return ok();
    }

    int fd_;
    std::uint64_t size_;
    std::uint64_t start_ = 0;
    std::vector<std::uint8_t> bytes_;
};

struct BoxHeader {
    std::uint32_t type = 0;
    std::uint64_t size = 0;
};

/// Of a box that is whole in the file.
Result<BoxHeader> read_header(FileWindow& file, std::uint64_t offset) {
    const auto bytes = file.read(offset, box_header_size);
    if (!bytes) return bytes.error();
    ByteReader reader(*bytes);
    BoxHeader header;
    header.size = reader.u32();
    header.type = reader.u32();
    if (header.size < box_header_size) return broken("a box has a size that Rill does not write");
    if (header.size > file.size() - offset) return broken("the file ends in the middle of a box");
    return header;
}

Result<Init> read_init(FileWindow& file) {
    const auto type = read_header(file, 0);
    if (!type) return type.error();
    const auto movie = read_header(file, type->size);
    if (!movie) return movie.error();
    const auto bytes = file.read(0, type->size + movie->size);
    return bytes ? parse_init(*bytes) : bytes.error();
}

std::size_t leading_track(const Init& init) {
    const auto is_video = [](const Format& format) { return format.kind == Kind::video; };
    const auto video = std::find_if(init.tracks.begin(), init.tracks.end(), is_video);
    return video == init.tracks.end() ? 0 : static_cast<std::size_t>(video - init.tracks.begin());
}

void set_times(Part& part, const Fragment& fragment, std::size_t leading) {
    const auto leads = [leading](const RunInfo& run) { return run.track == leading; };
    const auto found = std::find_if(fragment.runs.begin(), fragment.runs.end(), leads);
    const RunInfo& run = found == fragment.runs.end() ? fragment.runs.front() : *found;
    // The writer takes several runs of a track in one fragment.
    const auto last_run = std::find_if(fragment.runs.rbegin(), fragment.runs.rend(),
                                       [&run](const RunInfo& other) { return other.track == run.track; });
    const SampleInfo& first = run.samples.front();
    const SampleInfo& last = last_run->samples.back();
    part.start = first.dts_time;
    part.duration = last.dts_time + last.duration_time - first.dts_time;
    part.keyframe = found != fragment.runs.end() && first.keyframe;
}

Result<Part> read_part(FileWindow& file, std::uint64_t offset, const BoxHeader& moof, const Init& init) {
    if (moof.type != fourcc("moof")) return broken("a box between parts is neither moof nor free");
    const auto bytes = file.read(offset, moof.size);
    if (!bytes) return bytes.error();
    const auto fragment = parse_fragment(*bytes, init);
    if (!fragment) return fragment.error();
    const auto data = read_header(file, offset + moof.size);
    if (!data) return data.error();
    if (data->type != fourcc("mdat")) return broken("there is no mdat after moof");
    Part part;
    part.offset = offset;
    part.bytes = moof.size + data->size;
    if (fragment->data_end > part.bytes) return broken("an mdat is too short for its samples");
    set_times(part, *fragment, leading_track(init));
    return part;
}

/// Appends the part at `offset`, if it is one and not free space, and returns where the next box begins.
Result<std::uint64_t> advance(FileWindow& file, std::uint64_t offset, Scan& scan) {
    const auto header = read_header(file, offset);
    if (!header) return header.error();
    if (header->type == fourcc("free")) return offset + header->size;
    const auto part = read_part(file, offset, *header, scan.init);
    if (!part) return part.error();
    scan.parts.push_back(*part);
    scan.complete_bytes = part->offset + part->bytes;
    return scan.complete_bytes;
}

}  // namespace

Result<Scan> scan(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) {
        return Error{Code::internal, fmt::format("the file cannot be looked at: {}", std::strerror(errno))};
    }
    if (!S_ISREG(status.st_mode)) return Error{Code::unsupported_media, "this is not a regular file"};
    FileWindow file(fd, static_cast<std::uint64_t>(status.st_size));
    auto init = read_init(file);
    if (!init) return init.error();

    Scan found;
    found.init = *std::move(init);
    found.complete_bytes = found.init.bytes;
    std::uint64_t offset = found.complete_bytes;
    while (offset < file.size()) {
        const auto next = advance(file, offset, found);
        if (!next && next.error().code == Code::internal) return next.error();
        if (!next) {
            found.rest = fmt::format("at byte {}: {}", offset, next.error().message);
            return found;
        }
        offset = *next;
    }
    if (found.complete_bytes < offset) {
        found.rest = fmt::format("at byte {}: a part that was not completed", found.complete_bytes);
    }
    return found;
}

}  // namespace rill::cmaf
