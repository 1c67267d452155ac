// Goes through the segments of a path, some at a time, however many there are.
#pragma once

#include <rill/archive.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::api {

/// The place behind a segment, in the order of starts. It stays valid when the segment is deleted.
struct Position {
    std::int64_t start_us = 0;
    std::int64_t id = 0;

    /// For clients, who hand it back as it is.
    std::string text() const;
    /// Error: invalid_config.
    static Result<Position> parse(std::string_view text);
    auto operator<=>(const Position&) const = default;
};

Position position_of(const RecordedSegment& segment);

/// How many segments are asked of an archive at once, so that others come to their turn.
constexpr std::size_t segments_a_turn = 1000;

/// Threading: one thread at a time.
class SegmentCursor {
  public:
    explicit SegmentCursor(TimeRange range, std::optional<Position> after = std::nullopt)
        : range_(range), after_(after) {}

    /// The next ones of those that have something of the range; fewer than `limit` at the end only.
    Result<std::vector<RecordedSegment>> next(ArchiveView& view, std::size_t limit);

  private:
    TimeRange range_;
    std::optional<Position> after_;
};

}  // namespace rill::api
