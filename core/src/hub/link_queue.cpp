#include "link_queue.hpp"

#include <algorithm>
#include <iterator>

namespace rill {

namespace {

std::size_t size_of(const UnitPtr& unit) {
    return gst_buffer_get_size(unit->buffer.get());
}

UnitPtr with_discontinuity(const UnitPtr& unit) {
    if (unit->discontinuity) return unit;
    auto copy = std::make_shared<AccessUnit>(*unit);
    copy->discontinuity = true;
    return copy;
}

}  // namespace

void LinkQueue::prefill(const std::vector<UnitPtr>& units) {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(units, std::back_inserter(units_),
                         [this](const UnitPtr& unit) { return takes(*unit); });
    if (units_.empty()) return;
    prefilled_ = units_.size();
    needs_keyframe_ = false;
}

void LinkQueue::begin() {
    {
        const std::lock_guard lock(mutex_);
        if (units_.empty()) return;
    }
    notify();
}

void LinkQueue::push(const UnitPtr& unit) {
    if (!takes(*unit)) return;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        if (units_.size() - prefilled_ >= spec_.max_units || bytes_ >= spec_.max_bytes) {
            statistics_.dropped += units_.size();
            units_.clear();
            prefilled_ = 0;
            bytes_ = 0;
            needs_keyframe_ = true;
            lost_ = true;
        }
        if (needs_keyframe_ && !unit->keyframe) {
            if (lost_) ++statistics_.dropped;
            return;
        }
        needs_keyframe_ = false;
        units_.push_back(lost_ ? with_discontinuity(unit) : unit);
        lost_ = false;
        bytes_ += size_of(unit);
        if (units_.size() > 1) return;
    }
    notify();
}

void LinkQueue::notify() {
    if (!spec_.ready) return;
    std::unique_lock lock(mutex_);
    // The linking thread may still be in `ready` for the cached start: it calls once more, so that never two
    // are inside.
    if (notifying_ != std::thread::id()) {
        notify_again_ = true;
        return;
    }
    notifying_ = std::this_thread::get_id();
    do {
        notify_again_ = false;
        if (closed_) break;
        lock.unlock();
        spec_.ready();
        lock.lock();
    } while (notify_again_);
    notifying_ = {};
    quiet_.notify_all();
}

UnitPtr LinkQueue::take() {
    const std::lock_guard lock(mutex_);
    if (units_.empty() || closed_) return nullptr;
    UnitPtr unit = std::move(units_.front());
    units_.pop_front();
    if (prefilled_ > 0) {
        --prefilled_;
    } else {
        bytes_ -= size_of(unit);
    }
    ++statistics_.delivered;
    return unit;
}

void LinkQueue::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    units_.clear();
    if (notifying_ == std::this_thread::get_id()) return;
    quiet_.wait(lock, [this] { return notifying_ == std::thread::id(); });
}

LinkStatistics LinkQueue::statistics() const {
    const std::lock_guard lock(mutex_);
    LinkStatistics out = statistics_;
    out.queued = units_.size();
    return out;
}

}  // namespace rill
