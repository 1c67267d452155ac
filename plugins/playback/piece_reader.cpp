#include "piece_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace rill::playback {

namespace {

/// Of the same start there is rarely more than one.
constexpr std::size_t most_at_once = 64;
constexpr std::size_t box_header = 8;
constexpr std::size_t usual_moof = 4096;

Error changed() {
    return {Code::conflict, "the recording has changed since the answer was begun; ask again"};
}

Error damaged(const RecordedPart& part) {
    return {Code::unsupported_media, fmt::format("the recording is damaged at byte {}", part.offset)};
}

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes.first(4))
        value = value << 8 | byte;
    return value;
}

}  // namespace

Result<std::vector<RecordedPart>> parts_between(ArchiveView& view, const RecordedSegment& segment,
                                                std::uint64_t first_byte, std::uint64_t end_byte) {
    auto parts = view.parts(segment);
    if (!parts) return parts.error();
    const auto before = [&](const RecordedPart& part) { return part.offset < first_byte; };
    const auto inside = [&](const RecordedPart& part) { return part.offset < end_byte; };
    parts->erase(std::partition_point(parts->begin(), parts->end(), inside), parts->end());
    parts->erase(parts->begin(), std::partition_point(parts->begin(), parts->end(), before));
    if (parts->empty() || parts->front().offset != first_byte) return changed();
    if (parts->back().offset + parts->back().bytes != end_byte) return changed();
    return parts;
}

Result<RecordedSegment> find_segment(ArchiveView& view, const Piece& piece) {
    auto found = view.segments({piece.start_us, piece.start_us + 1}, most_at_once);
    if (!found) return found.error();
    for (RecordedSegment& segment : *found) {
        if (segment.id == piece.id) return std::move(segment);
    }
    return Error{Code::not_found, "a recording was deleted since the answer was begun; ask again"};
}

Result<std::vector<std::uint8_t>> read_moof(const File& file, const RecordedPart& part) {
    if (part.bytes < 2 * box_header) return damaged(part);
    std::vector<std::uint8_t> bytes(std::min<std::size_t>(part.bytes, usual_moof));
    if (const auto read = file.read(part.offset, bytes); !read) return read.error();
    const std::size_t moof = big_endian(bytes);
    const bool fits = moof >= box_header && moof <= part.bytes - box_header;
    if (!fits || std::memcmp(bytes.data() + 4, "moof", 4) != 0) return damaged(part);
    const std::size_t known = bytes.size();
    bytes.resize(moof + box_header);
    if (bytes.size() > known) {
        const auto rest = std::span(bytes).subspan(known);
        if (const auto read = file.read(part.offset + known, rest); !read) return read.error();
    }
    if (big_endian(std::span(bytes).subspan(moof)) != part.bytes - moof) return damaged(part);
    return bytes;
}

}  // namespace rill::playback
