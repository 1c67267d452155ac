// The segments of an archive in memory, by path and time.
#pragma once

#include "stored_segment.hpp"

#include <rill/archive.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rill::test {

/// Threading: one thread at a time.
class MemoryIndex {
  public:
    struct Entry {
        std::string path;
        StoredSegment stored;
    };

    /// The result is the segment's id. It may begin before those that were added earlier.
    std::int64_t add(const std::string& path, StoredSegment stored);
    void forget(std::int64_t id);
    /// See rill::test::keep_open().
    void keep_open(std::int64_t id, std::size_t parts);
    /// To one that is being written.
    void append(std::int64_t id, const RecordedPart& part);
    void finish(std::int64_t id);
    /// As if the file were something else.
    void say_container(std::int64_t id, Container container);
    /// Null: there is none.
    const StoredSegment* find(std::int64_t id) const;

    /// By start.
    const std::vector<Entry>& entries() const { return entries_; }
    std::vector<const RecordedSegment*> touching(const std::string& path, TimeRange range) const;

    // What Archive does with all of them.
    std::vector<RecordedPath> paths() const;
    std::uint64_t erase(const std::string& path, TimeRange range);
    std::uint64_t lock(const std::string& path, TimeRange range, bool locked);

  private:
    std::vector<Entry> entries_;
    std::int64_t last_id_ = 0;
};

}  // namespace rill::test
