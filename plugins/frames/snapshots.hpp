// Pictures that were made for snapshots lately.
#pragma once

#include "picture.hpp"

#include <cstdint>
#include <list>

namespace rill::frames {

/// One for each form, a few forms; who was not made for longest goes first. Threading: one thread at a time.
class Snapshots {
  public:
    static constexpr std::size_t most = 8;
    /// Larger ones are not kept.
    static constexpr std::size_t most_bytes = 4u << 20;

    void put(const Wanted& wanted, PicturePtr picture) {
        std::erase_if(entries_, [&](const Entry& entry) { return entry.wanted == wanted; });
        if (g_bytes_get_size(picture->message.get()) > most_bytes) return;
        entries_.push_front({wanted, std::move(picture)});
        if (entries_.size() > most) entries_.pop_back();
    }
    /// Null: there is none that was captured at `since_us` (UTC) or later.
    PicturePtr find(const Wanted& wanted, std::int64_t since_us) const {
        for (const Entry& entry : entries_) {
            if (entry.wanted == wanted && entry.picture->description.stamp.utc_us >= since_us)
                return entry.picture;
        }
        return nullptr;
    }
    void clear() { entries_.clear(); }

  private:
    struct Entry {
        Wanted wanted;
        PicturePtr picture;
    };
    std::list<Entry> entries_;
};

}  // namespace rill::frames
