// What is recorded of one path: what the index knows, and what is being written.
#pragma once

#include "index.hpp"
#include "open_segments.hpp"

#include <rill/archive.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace rill::record {

/// Of one moment for the open segment, and of the moment of each call for the index. The open one must have
/// been copied before the index is asked: a segment that ends in between is then seen twice, which is noticed
/// here by its id, and never missed.
///
/// Threading: that of the index. Ownership: index and open segment outlive it.
class StorageView final : public ArchiveView {
  public:
    /// `index` may be null: nothing was finished yet; an error is what every call answers. `open` may be
    /// null.
    StorageView(Result<Index*> index, const std::filesystem::path& root, const std::string& path,
                const OpenSegment* open)
        : index_(std::move(index)), root_(root), path_(path), open_(open) {}

    Result<std::vector<RecordedSpan>> spans(TimeRange range) override;
    Result<std::vector<RecordedSegment>> segments(TimeRange range, std::size_t limit) override;
    Result<std::optional<RecordedSegment>> segment_at(std::int64_t time_us) override;
    Result<RecordedNeighbours> nearest(std::int64_t time_us) override;
    Result<std::vector<RecordedPart>> parts(const RecordedSegment& segment) override;

  private:
    RecordedSegment from_index(const Segment& segment) const;
    Result<RecordedSegment> being_written() const;
    bool is_open(std::int64_t id) const { return open_ != nullptr && open_->segment.id == id; }

    Result<Index*> index_;
    const std::filesystem::path& root_;
    const std::string& path_;
    const OpenSegment* open_;
};

}  // namespace rill::record
