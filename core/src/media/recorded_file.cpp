#include <rill/recorded_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace rill {

namespace {

// A file of ours has neither: what says so is damaged.
constexpr std::uint32_t largest_init = 1u << 20;
constexpr std::size_t largest_moof = 16u << 20;
constexpr std::size_t box_header = 8;
/// Most are shorter: one read is enough.
constexpr std::size_t usual_moof = 4096;

std::size_t box_size(std::span<const std::uint8_t> box) {
    std::size_t size = 0;
    for (const std::uint8_t byte : box.first(4))
        size = size << 8 | byte;
    return size;
}

}  // namespace

Result<RecordedFile> RecordedFile::open(const std::filesystem::path& file) {
    std::string name = file.filename().string();
    Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened) return RecordedFile(std::move(name), std::move(opened));
    const int reason = errno;
    return Error{reason == ENOENT ? Code::not_found : Code::unavailable,
                 fmt::format("the recording {} cannot be opened: {}", name, std::strerror(reason))};
}

Error RecordedFile::damaged(std::string_view how) const {
    return {Code::internal, fmt::format("the recording {} is damaged: {}", name_, how)};
}

Result<> RecordedFile::read(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return Error{Code::unavailable, fmt::format("the recording {} cannot be read at byte {}: {}",
                                                        name_, offset, std::strerror(errno))};
        }
        if (count == 0)
            return damaged(fmt::format("it ends at byte {}, before what the index knows of it", offset));
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return ok();
}

Result<Ref<GBytes>> RecordedFile::read(std::uint64_t offset, std::size_t count) const {
    Owned<std::uint8_t> memory(static_cast<std::uint8_t*>(g_malloc(count)));
    if (const auto filled = read(offset, std::span(memory.get(), count)); !filled) return filled.error();
    return Ref<GBytes>::adopt(g_bytes_new_take(memory.release(), count));
}

Result<cmaf::Init> RecordedFile::read_init(std::uint32_t init_bytes) const {
    if (init_bytes > largest_init) return damaged("its head is too long");
    std::vector<std::uint8_t> bytes(init_bytes);
    if (const auto filled = read(0, bytes); !filled) return filled.error();
    auto init = cmaf::parse_init(bytes);
    if (!init) return damaged(init.error().message);
    return init;
}

Result<std::vector<std::uint8_t>> RecordedFile::read_moof(const RecordedPart& part) const {
    if (part.bytes < 2 * box_header) return damaged(fmt::format("no part begins at byte {}", part.offset));
    std::vector<std::uint8_t> bytes(std::min<std::size_t>(part.bytes, usual_moof));
    if (const auto filled = read(part.offset, bytes); !filled) return filled.error();
    const std::size_t moof = box_size(bytes);
    const bool fits =
        moof >= box_header && moof <= std::min<std::size_t>(part.bytes - box_header, largest_moof);
    if (!fits || std::memcmp(bytes.data() + 4, "moof", 4) != 0)
        return damaged(fmt::format("no part begins at byte {}", part.offset));
    const std::size_t known = std::min(bytes.size(), moof + box_header);
    bytes.resize(moof + box_header);
    const auto rest = std::span(bytes).subspan(known);
    if (const auto filled = read(part.offset + known, rest); !filled) return filled.error();
    if (box_size(std::span(bytes).subspan(moof)) != part.bytes - moof)
        return damaged(fmt::format("the part at byte {} has no end", part.offset));
    return bytes;
}

}  // namespace rill
