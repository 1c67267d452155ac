// The last keyframe of a path and everything since, so that whoever comes later starts with a picture; and
// what was before it, for those who want to begin in the past.
#pragma once

#include <rill/link.hpp>
#include <rill/media/access_unit.hpp>

#include <deque>
#include <vector>

namespace rill {

/// Whole groups of pictures (GOPs) with the sound beside them. The newest is bounded in time and bytes: when
/// it outgrows the bounds everything is forgotten (half a GOP shows nothing), and the cache is empty until
/// the next keyframe. Of those before it only as many are kept as the history asks for.
///
/// Without a video track nothing is kept for those who start now, because sound starts anywhere; a history of
/// sound is cut each second. Threading: the owner's lock.
class GopCache {
  public:
    struct Bounds {
        Nanoseconds duration;
        std::size_t bytes;
    };
    explicit GopCache(Bounds bounds, History history = {}) : bounds_(bounds), history_(history) {}

    void add(std::size_t track, const UnitPtr& unit);
    /// The source has ended: the next one may be another, with pictures or without.
    void clear();
    /// The units of one track since the keyframe, oldest first.
    std::vector<UnitPtr> units(std::size_t track) const;
    /// The same from the last keyframe at or before a running time on, or from the oldest that is kept. A GOP
    /// that has ended before that time is left out: nothing of it was asked for.
    std::vector<UnitPtr> units_since(std::size_t track, Nanoseconds since) const;
    /// The units that those begin with, of whichever track; null when there is none.
    UnitPtr first() const;
    UnitPtr first_since(Nanoseconds since) const;
    std::size_t bytes() const { return bytes_; }

  private:
    struct Entry {
        std::size_t track;
        UnitPtr unit;
    };
    struct Gop {
        bool picture = false;  ///< begins with a keyframe
        std::vector<Entry> entries;
        std::size_t bytes = 0;
        Nanoseconds start() const { return entries.front().unit->dts; }
        Nanoseconds end() const { return entries.back().unit->dts; }
    };
    bool begins(const AccessUnit& unit) const;
    bool goes_on(const AccessUnit& unit) const;
    bool fits(const Gop& newest, Bounds bounds) const;
    void drop_oldest();
    void forget();
    std::deque<Gop>::const_iterator find(Nanoseconds since) const;

    const Bounds bounds_;
    const History history_;
    std::deque<Gop> gops_;  // none is empty
    std::size_t bytes_ = 0;
    bool has_picture_ = false;  // the source has brought one
};

}  // namespace rill
