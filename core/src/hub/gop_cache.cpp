#include "gop_cache.hpp"

#include <algorithm>

namespace rill {

namespace {

constexpr Nanoseconds sound_piece = std::chrono::seconds(1);
constexpr Nanoseconds lateness = std::chrono::seconds(2);

}  // namespace

/// Whether a unit is the first of a GOP, or of a piece of sound where there are no pictures.
bool GopCache::begins(const AccessUnit& unit) const {
    if (unit.format->kind == Kind::video) return unit.keyframe;
    if (has_picture_ || history_.duration.count() == 0) return false;
    return gops_.empty() || unit.dts - gops_.back().start() >= sound_piece;
}

/// Pictures go on from a keyframe only, not from a piece of sound.
bool GopCache::goes_on(const AccessUnit& unit) const {
    return !gops_.empty() && (unit.format->kind != Kind::video || gops_.back().picture);
}

bool GopCache::fits(const Gop& newest, Bounds bounds) const {
    return newest.bytes <= bounds.bytes && newest.end() - newest.start() <= bounds.duration;
}

void GopCache::add(std::size_t track, const UnitPtr& unit) {
    const bool starts = begins(*unit);
    if (!starts && !goes_on(*unit)) return;
    if (starts) {
        const bool picture = unit->format->kind == Kind::video;
        has_picture_ = has_picture_ || picture;
        gops_.emplace_back().picture = picture;
    }
    const std::size_t size = gst_buffer_get_size(unit->buffer.get());
    Gop& newest = gops_.back();
    newest.entries.push_back({track, unit});
    newest.bytes += size;
    bytes_ += size;

    while (gops_.size() > 1 && (gops_[1].start() <= unit->dts - history_.duration || bytes_ > history_.bytes))
        drop_oldest();
    const Bounds widest{std::max(bounds_.duration, history_.duration),
                        std::max(bounds_.bytes, history_.bytes)};
    if (!fits(newest, widest)) forget();
}

void GopCache::drop_oldest() {
    bytes_ -= gops_.front().bytes;
    gops_.pop_front();
}

void GopCache::forget() {
    gops_.clear();
    bytes_ = 0;
}

void GopCache::clear() {
    forget();
    has_picture_ = false;
}

UnitPtr GopCache::first() const {
    const bool shown = !gops_.empty() && gops_.back().picture && fits(gops_.back(), bounds_);
    return shown ? gops_.back().entries.front().unit : nullptr;
}

std::vector<UnitPtr> GopCache::units(std::size_t track) const {
    std::vector<UnitPtr> out;
    if (!first()) return out;
    for (const Entry& entry : gops_.back().entries) {
        if (entry.track == track) out.push_back(entry.unit);
    }
    return out;
}

std::deque<GopCache::Gop>::const_iterator GopCache::find(Nanoseconds since) const {
    return std::find_if(gops_.begin(), gops_.end(), [this, since](const Gop& gop) {
        // The newest one goes on: its last unit is as old as the way from the camera is long.
        return gop.end() + (&gop == &gops_.back() ? lateness : Nanoseconds(0)) >= since;
    });
}

std::vector<UnitPtr> GopCache::units_since(std::size_t track, Nanoseconds since) const {
    std::vector<UnitPtr> out;
    for (auto gop = find(since); gop != gops_.end(); ++gop) {
        for (const Entry& entry : gop->entries) {
            if (entry.track == track) out.push_back(entry.unit);
        }
    }
    return out;
}

UnitPtr GopCache::first_since(Nanoseconds since) const {
    const auto gop = find(since);
    return gop == gops_.end() ? nullptr : gop->entries.front().unit;
}

}  // namespace rill
