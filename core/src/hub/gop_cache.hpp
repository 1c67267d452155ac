// The last keyframe of a path and everything since, so that whoever comes later starts with a picture.
#pragma once

#include <rill/media/access_unit.hpp>

#include <deque>
#include <vector>

namespace rill {

/// Bounded in time and bytes. When a GOP outgrows the bounds it is forgotten whole (half a GOP shows
/// nothing), and the cache is empty until the next keyframe. Without a video track nothing is kept: sound
/// starts anywhere. Threading: the owner's lock.
class GopCache {
  public:
    struct Bounds {
        Nanoseconds duration;
        std::size_t bytes;
    };
    explicit GopCache(Bounds bounds) : bounds_(bounds) {}

    void add(std::size_t track, const UnitPtr& unit);
    void clear();
    /// The units of one track since the keyframe, oldest first.
    std::vector<UnitPtr> units(std::size_t track) const;
    std::size_t bytes() const { return bytes_; }

  private:
    struct Entry {
        std::size_t track;
        UnitPtr unit;
    };
    Bounds bounds_;
    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
};

}  // namespace rill
