#include "sound.hpp"

#include "silence.hpp"

#include <chrono>
#include <utility>

namespace rill::hls {

namespace {

constexpr Nanoseconds patience = std::chrono::milliseconds(500);
/// Sound that waits for a picture that does not come.
constexpr Nanoseconds queue_limit = std::chrono::seconds(10);

}  // namespace

void Sound::restart(std::shared_ptr<const Format> format, Nanoseconds start) {
    format_ = std::move(format);
    end_ = start;
    missing_ = false;
    if (!format_) {
        queue_.clear();
        return;
    }
    silence_ = silent_frame(*format_);
    frame_ = frame_duration(*format_);
    while (!queue_.empty() && (queue_.front()->dts < start || *queue_.front()->format != *format_))
        queue_.pop_front();
}

void Sound::push(const UnitPtr& unit) {
    queue_.push_back(unit);
    while (queue_.back()->dts - queue_.front()->dts > queue_limit)
        queue_.pop_front();
}

std::vector<UnitPtr> Sound::take(Nanoseconds end) {
    std::vector<UnitPtr> units;
    if (!format_) return units;
    while (!queue_.empty() && queue_.front()->dts < end) {
        const UnitPtr unit = queue_.front();
        // In another format: for the writer that comes at the next keyframe.
        if (unit->format != format_ && *unit->format != *format_) break;
        queue_.pop_front();
        if (unit->duration > Nanoseconds(0)) frame_ = unit->duration;
        if (unit->dts < end_ - frame_ / 2) continue;  // silence is there already
        fill(unit->dts, units);
        units.push_back(unit);
        end_ = unit->dts + frame_;
        missing_ = false;
    }
    if (missing_ || end - end_ > patience) {
        missing_ = true;
        fill(end, units);
    }
    return units;
}

void Sound::fill(Nanoseconds until, std::vector<UnitPtr>& units) {
    if (silence_.empty() || frame_ <= Nanoseconds(0)) return;
    for (; end_ + frame_ <= until; end_ += frame_)
        units.push_back(silent_unit(format_, silence_, end_, frame_));
}

}  // namespace rill::hls
