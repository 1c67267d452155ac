// What a look into an archive in memory sees.
#pragma once

#include "memory_index.hpp"

#include <rill/archive.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace rill::test {

/// How much was asked for.
struct LookCount {
    std::size_t looks = 0;
    std::size_t largest = 0;  ///< segments that one of them was given
};

/// What is refused, and how.
struct Refusals {
    std::optional<Error> all;
    std::optional<Error> parts;
};

/// Threading: one thread at a time.
class MemoryView final : public ArchiveView {
  public:
    MemoryView(const MemoryIndex& index, std::string path, Refusals refusals, LookCount& count);

    Result<std::vector<RecordedSpan>> spans(TimeRange range) override;
    Result<std::vector<RecordedSegment>> segments(TimeRange range, std::size_t limit) override;
    Result<std::optional<RecordedSegment>> segment_at(std::int64_t time_us) override;
    Result<RecordedNeighbours> nearest(std::int64_t time_us) override;
    Result<std::vector<RecordedPart>> parts(const RecordedSegment& segment) override;

  private:
    const MemoryIndex& index_;
    const std::string path_;
    const Refusals refusals_;
    LookCount& count_;
};

}  // namespace rill::test
