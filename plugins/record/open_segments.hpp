// What is being written at this moment, for those who look: the index knows finished segments only.
#pragma once

#include <rill/archive.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill::record {

struct OpenSegment {
    RecordedSegment segment;
    std::vector<RecordedPart> parts;
};

/// Threading: any thread. A look gets a copy, so that it does not hold up the writer.
class OpenSegments {
  public:
    /// A path has at most one: the one before is forgotten.
    void begin(const std::string& path, OpenSegment segment);
    void append(const std::string& path, const RecordedPart& part);
    void end(const std::string& path);
    void lock(const std::string& path, TimeRange range, bool locked);

    /// Null when none has a part of the path.
    std::shared_ptr<const OpenSegment> find(const std::string& path) const;
    std::vector<RecordedPath> paths() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, OpenSegment> segments_;  // locked: mutex_
};

}  // namespace rill::record
