#include "segmenter.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rill::hls {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Durations are rounded to whole seconds before they are compared to the target (RFC 8216bis §4.4.3.1).
constexpr Nanoseconds rounding = milliseconds(450);
/// Time stamps are rounded to the ticks of clocks.
constexpr Nanoseconds tick = milliseconds(1) / 10;
/// Without a word about a loss, units this far apart are a hole all the same.
constexpr Nanoseconds silent_hole = seconds(2);
constexpr Nanoseconds warning_interval = seconds(10);
/// A longer hole of a follower's is for nobody: players have left it by then.
constexpr int gaps_at_most = 10;
/// EXT-X-PROGRAM-DATE-TIME follows the media time unless the camera's clock says otherwise by more.
constexpr std::int64_t utc_tolerance_us = 50'000;

std::int64_t microseconds(Nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::size_t size_of(const AccessUnit& unit) {
    return gst_buffer_get_size(unit.buffer.get());
}

}  // namespace

Segmenter::Segmenter(Settings settings, Window& window, Log log)
    : settings_(std::move(settings)), window_(window), log_(std::move(log)), step_(settings_.plan.step) {}

void Segmenter::set_sound(std::shared_ptr<const Format> format) {
    if ((!format && !sound_format_) || (format && sound_format_ && *format == *sound_format_)) return;
    sound_format_ = std::move(format);
    renew_ = true;
}

void Segmenter::push_sound(const UnitPtr& unit) {
    if (!sound_format_) return;
    if (unit->format != sound_format_) set_sound(unit->format);
    sound_.push(unit);
}

void Segmenter::push(const UnitPtr& unit) {
    if (!waiting_ && breaks_before(*unit)) finish_broken();
    if (waiting_) {
        if (!unit->keyframe || !begin(unit)) {
            // A follower's encoder has one at once.
            if (settings_.follows != nullptr) want_keyframe();
            ++dropped_;
            return;
        }
    } else {
        cut_before(unit);
    }
    note_keyframe(*unit);
    if (segment_bytes_ + size_of(*unit) > settings_.segment_max_size) {
        warn_oversize(unit->dts);
        finish_broken();
        ++dropped_;
        return;
    }
    segment_bytes_ += size_of(*unit);
    pending_.push_back(unit);
}

void Segmenter::flush() {
    if (!waiting_) finish_broken();
}

/// Whether the leader had a discontinuity by then that this one had not.
bool Segmenter::owes_discontinuity(const AccessUnit& unit) const {
    return settings_.follows != nullptr &&
           settings_.follows->discontinuities(unit.dts) > window_.discontinuities();
}

/// Whether another sound begins there.
bool Segmenter::renews_at(const AccessUnit& unit) const {
    return renew_ && (settings_.follows == nullptr || owes_discontinuity(unit));
}

/// Whether the presentation cannot go on with this unit as it is.
bool Segmenter::breaks_before(const AccessUnit& unit) const {
    if (unit.keyframe && (renews_at(unit) || owes_discontinuity(unit))) return true;
    if (unit.format != format_ && *unit.format != *format_) return true;
    if (pending_.empty()) return false;
    const Nanoseconds distance = unit.dts - pending_.back()->dts;
    if (unit.discontinuity) return unit.dts - part_start_ > settings_.plan.part_target + tick;
    return distance > std::max(silent_hole, 3 * settings_.plan.step);
}

/// Ends what is there as if the last frame had lasted as long as the others.
void Segmenter::finish_broken() {
    if (!pending_.empty()) {
        const Nanoseconds latest =
            std::max(part_start_ + settings_.plan.part_target, pending_.back()->dts + tick);
        finish_part(pending_.size(), std::min(pending_.back()->dts + step_, latest));
    }
    window_.close();
    waiting_ = true;
    last_keyframe_.reset();
}

bool Segmenter::begin(const UnitPtr& unit) {
    const bool first = !writer_;
    const bool changed = first || renews_at(*unit) || *unit->format != *format_;
    if (changed && !make_writer(unit)) return false;
    const bool hole = unit->dts - last_end_ > std::max(settings_.plan.part_target, step_ + step_ / 2);
    const bool follows = settings_.follows != nullptr;
    const bool discontinuity = !first && (follows ? owes_discontinuity(*unit) : changed || hole);
    if (follows && !first && hole && !discontinuity) {
        window_.append_gap(std::min(unit->dts - last_end_, gaps_at_most * settings_.plan.target_duration));
        last_end_ = unit->dts;
    }
    if (changed || hole || discontinuity) {
        sound_.restart(sound_format_, unit->dts);
        next_utc_us_ = first ? unit->utc_us : std::max(next_utc_us_, unit->utc_us);
    }
    waiting_ = false;
    open_segment(*unit, discontinuity);
    return true;
}

bool Segmenter::make_writer(const UnitPtr& unit) {
    if (!epoch_ && settings_.follows != nullptr) epoch_ = settings_.follows->epoch();
    if (!epoch_) {
        epoch_ = unit->dts;
        if (settings_.leads != nullptr) settings_.leads->begin(*epoch_);
    }
    std::vector<std::shared_ptr<const Format>> formats = {unit->format};
    if (sound_format_) formats.push_back(sound_format_);
    auto writer = cmaf::Writer::create(formats, *epoch_);
    if (!writer && sound_format_) {
        log_.warning("goes on without sound: {}", writer.error().message);
        sound_format_.reset();
        formats.pop_back();
        writer = cmaf::Writer::create(formats, *epoch_);
    }
    if (!writer) {
        log_.warning("cannot be muxed: {}", writer.error().message);
        return false;
    }
    writer_.emplace(std::move(*writer));
    format_ = unit->format;
    renew_ = false;
    auto init = std::make_shared<Init>();
    init->number = next_init_++;
    init->bytes = writer_->init_segment();
    init->formats = std::move(formats);
    init_ = std::move(init);
    return true;
}

/// EXT-X-PROGRAM-DATE-TIME of a segment that begins with this unit.
std::int64_t Segmenter::date_of(const AccessUnit& unit) const {
    if (settings_.follows != nullptr) return settings_.follows->utc_us(unit.dts);
    if (std::abs(unit.utc_us - next_utc_us_) <= utc_tolerance_us) return next_utc_us_;
    // Time never goes back from one segment to the next.
    const auto& segments = window_.segments();
    const std::int64_t least = segments.empty() ? 0 : segments.back()->utc_us + 1000;
    return std::max(unit.utc_us, least);
}

void Segmenter::open_segment(const AccessUnit& unit, bool discontinuity) {
    next_utc_us_ = date_of(unit);
    window_.open({init_, next_utc_us_, discontinuity, unit.keyframe});
    if (settings_.leads != nullptr) settings_.leads->mark(unit.dts, next_utc_us_, window_.discontinuities());
    segment_start_ = unit.dts;
    part_start_ = unit.dts;
    segment_bytes_ = 0;
    asked_ = false;
}

void Segmenter::cut_before(const UnitPtr& unit) {
    const Nanoseconds now = unit->dts;
    const Nanoseconds part_limit = settings_.plan.part_target + tick;
    const Nanoseconds segment_limit = settings_.plan.target_duration + rounding;
    if (!pending_.empty()) step_ = std::max(now - pending_.back()->dts, Nanoseconds(1));
    // The frame before lasted longer than expected: what came before it is a part of its own.
    if (pending_.size() > 1 && now - part_start_ > part_limit)
        finish_part(pending_.size() - 1, pending_.back()->dts);

    // A keyframe a little early is better than one a whole GOP late.
    const bool long_enough = now - segment_start_ >= settings_.segment_duration * 9 / 10;
    const bool too_long = now + step_ - segment_start_ > segment_limit;
    if (unit->keyframe ? long_enough || too_long : too_long) {
        finish_part(pending_.size(), std::min(now, segment_start_ + segment_limit));
        if (!unit->keyframe)
            log_.debug("no keyframe for {} ms: the next segment starts without one",
                       microseconds(now - segment_start_) / 1000);
        window_.close();
        open_segment(*unit, false);
        return;
    }
    const bool nearly_too_long = now - segment_start_ > settings_.plan.target_duration - seconds(1) &&
                                 now - segment_start_ > settings_.segment_duration;
    if (nearly_too_long || owes_discontinuity(*unit)) want_keyframe();
    if (now + step_ - part_start_ > part_limit) finish_part(pending_.size(), now);
}

/// Once a segment.
void Segmenter::want_keyframe() {
    if (asked_ || !settings_.want_keyframe) return;
    asked_ = true;
    settings_.want_keyframe();
}

/// Closes the part in progress with its first `count` units; it lasts until `end`.
void Segmenter::finish_part(std::size_t count, Nanoseconds end) {
    if (count == 0) return;
    const std::span<const UnitPtr> units(pending_.data(), count);
    std::vector<cmaf::Run> runs = {{0, units, end}};
    const std::vector<UnitPtr> sound = sound_.take(end);
    if (!sound.empty()) {
        runs.push_back({1, sound, sound_.end()});
        for (const UnitPtr& unit : sound)
            segment_bytes_ += size_of(*unit);
    }
    window_.append(end - part_start_, units.front()->keyframe, writer_->fragment(runs));
    next_utc_us_ += microseconds(end - part_start_);
    part_start_ = end;
    last_end_ = end;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Segmenter::warn_oversize(Nanoseconds now) {
    if (warned_ && now - *warned_ < warning_interval) return;
    warned_ = now;
    log_.warning("segments are larger than {} bytes: frames are left out until the next keyframe, {} so far",
                 settings_.segment_max_size, dropped_ + 1);
}

void Segmenter::note_keyframe(const AccessUnit& unit) {
    if (!unit.keyframe || unit.format->kind != Kind::video) return;
    if (last_keyframe_) longest_interval_ = std::max(longest_interval_, unit.dts - *last_keyframe_);
    last_keyframe_ = unit.dts;
}

}  // namespace rill::hls
