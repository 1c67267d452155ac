#include "open_segments.hpp"

#include <utility>

namespace rill::record {

void OpenSegments::begin(const std::string& path, OpenSegment segment) {
    const std::lock_guard lock(mutex_);
    segments_.insert_or_assign(path, std::move(segment));
}

void OpenSegments::append(const std::string& path, const RecordedPart& part) {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(path);
    if (found == segments_.end()) return;
    OpenSegment& open = found->second;
    open.parts.push_back(part);
    open.segment.time.end_us = part.time.end_us;
    open.segment.bytes = part.offset + part.bytes;
}

void OpenSegments::end(const std::string& path) {
    const std::lock_guard lock(mutex_);
    segments_.erase(path);
}

void OpenSegments::lock(const std::string& path, TimeRange range, bool locked) {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(path);
    if (found == segments_.end()) return;
    RecordedSegment& segment = found->second.segment;
    // It is taken to last, as in the index.
    if (segment.time.start_us < range.end_us) segment.locked = locked;
}

std::shared_ptr<const OpenSegment> OpenSegments::find(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(path);
    if (found == segments_.end() || found->second.parts.empty()) return nullptr;
    return std::make_shared<OpenSegment>(found->second);
}

std::vector<RecordedPath> OpenSegments::paths() const {
    const std::lock_guard lock(mutex_);
    std::vector<RecordedPath> paths;
    for (const auto& [name, open] : segments_) {
        if (!open.parts.empty()) paths.push_back({name, open.segment.time, open.segment.bytes, 1});
    }
    return paths;
}

}  // namespace rill::record
