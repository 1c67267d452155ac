#include "memory_index.hpp"

#include <algorithm>
#include <utility>

namespace rill::test {
namespace {

bool touches(const MemoryIndex::Entry& entry, const std::string& path, TimeRange range) {
    const TimeRange& time = entry.stored.segment.time;
    return entry.path == path && time.start_us < range.end_us && time.end_us > range.start_us;
}

bool may_be_erased(const MemoryIndex::Entry& entry, const std::string& path, TimeRange range) {
    const RecordedSegment& segment = entry.stored.segment;
    const bool within = segment.time.start_us >= range.start_us && segment.time.end_us <= range.end_us;
    return entry.path == path && within && !segment.open && !segment.locked;
}

void count(RecordedPath& path, const RecordedSegment& segment) {
    if (path.segments++ == 0) path.time = segment.time;
    path.time.start_us = std::min(path.time.start_us, segment.time.start_us);
    path.time.end_us = std::max(path.time.end_us, segment.time.end_us);
    path.bytes += segment.bytes;
}

}  // namespace

std::int64_t MemoryIndex::add(const std::string& path, StoredSegment stored) {
    stored.segment.id = ++last_id_;
    const auto start_of = [](const Entry& entry) { return entry.stored.segment.time.start_us; };
    const auto place = std::ranges::upper_bound(entries_, stored.segment.time.start_us, {}, start_of);
    entries_.insert(place, {path, std::move(stored)});
    return last_id_;
}

void MemoryIndex::forget(std::int64_t id) {
    std::erase_if(entries_, [id](const Entry& entry) { return entry.stored.segment.id == id; });
}

const StoredSegment* MemoryIndex::find(std::int64_t id) const {
    for (const Entry& entry : entries_) {
        if (entry.stored.segment.id == id) return &entry.stored;
    }
    return nullptr;
}

void MemoryIndex::keep_open(std::int64_t id, std::size_t parts) {
    for (Entry& entry : entries_) {
        if (entry.stored.segment.id == id) test::keep_open(entry.stored, parts);
    }
}

void MemoryIndex::append(std::int64_t id, const RecordedPart& part) {
    for (Entry& entry : entries_) {
        if (entry.stored.segment.id != id) continue;
        entry.stored.parts.push_back(part);
        entry.stored.segment.time.end_us = part.time.end_us;
        entry.stored.segment.bytes = part.offset + part.bytes;
    }
}

void MemoryIndex::finish(std::int64_t id) {
    for (Entry& entry : entries_) {
        if (entry.stored.segment.id == id) entry.stored.segment.open = false;
    }
}

void MemoryIndex::say_container(std::int64_t id, Container container) {
    for (Entry& entry : entries_) {
        if (entry.stored.segment.id == id) entry.stored.segment.container = container;
    }
}

std::vector<const RecordedSegment*> MemoryIndex::touching(const std::string& path, TimeRange range) const {
    std::vector<const RecordedSegment*> found;
    for (const Entry& entry : entries_) {
        if (touches(entry, path, range)) found.push_back(&entry.stored.segment);
    }
    return found;
}

std::vector<RecordedPath> MemoryIndex::paths() const {
    std::vector<RecordedPath> paths;
    for (const Entry& entry : entries_) {
        auto place = std::ranges::lower_bound(paths, entry.path, {}, &RecordedPath::name);
        if (place == paths.end() || place->name != entry.path)
            place = paths.insert(place, RecordedPath{entry.path, {}, 0, 0});
        count(*place, entry.stored.segment);
    }
    return paths;
}

std::uint64_t MemoryIndex::erase(const std::string& path, TimeRange range) {
    std::uint64_t bytes = 0;
    std::erase_if(entries_, [&](const Entry& entry) {
        if (!may_be_erased(entry, path, range)) return false;
        bytes += entry.stored.segment.bytes;
        return true;
    });
    return bytes;
}

std::uint64_t MemoryIndex::lock(const std::string& path, TimeRange range, bool locked) {
    std::uint64_t changed = 0;
    for (Entry& entry : entries_) {
        if (!touches(entry, path, range)) continue;
        if (std::exchange(entry.stored.segment.locked, locked) != locked) ++changed;
    }
    return changed;
}

}  // namespace rill::test
