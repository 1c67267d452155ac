#include "piece_reader.hpp"

#include <algorithm>

namespace rill::playback {

namespace {

/// Recordings overlap only where the machine's clock was set back.
constexpr std::size_t most_at_once = 64;

Error changed() {
    return {Code::conflict, "the recording has changed since the answer was begun; ask again"};
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

Result<std::optional<RecordedSegment>> segment_where(
    ArchiveView& view, std::int64_t time_us, const std::function<bool(const RecordedSegment&)>& is_wanted) {
    auto found = view.segments({time_us, time_us + 1}, most_at_once);
    if (!found) return found.error();
    const auto wanted = std::ranges::find_if(*found, is_wanted);
    if (wanted == found->end()) return std::optional<RecordedSegment>();
    return std::optional(std::move(*wanted));
}

Result<RecordedSegment> find_segment(ArchiveView& view, const Piece& piece) {
    auto found = segment_where(view, piece.start_us, [&](const auto& other) { return other.id == piece.id; });
    if (!found) return found.error();
    if (*found) return **std::move(found);
    return Error{Code::not_found, "a recording was deleted since the answer was begun; ask again"};
}

}  // namespace rill::playback
