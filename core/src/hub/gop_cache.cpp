#include "gop_cache.hpp"

namespace rill {

void GopCache::add(std::size_t track, const UnitPtr& unit) {
    const bool starts = unit->format->kind == Kind::video && unit->keyframe;
    if (starts) clear();
    if (entries_.empty() && !starts) return;

    const std::size_t size = gst_buffer_get_size(unit->buffer.get());
    entries_.push_back({track, unit});
    bytes_ += size;
    const auto age = unit->dts - entries_.front().unit->dts;
    if (bytes_ > bounds_.bytes || age > bounds_.duration) clear();
}

void GopCache::clear() {
    entries_.clear();
    bytes_ = 0;
}

std::vector<UnitPtr> GopCache::units(std::size_t track) const {
    std::vector<UnitPtr> out;
    for (const Entry& entry : entries_) {
        if (entry.track == track) out.push_back(entry.unit);
    }
    return out;
}

}  // namespace rill
