#include "cutter.hpp"

#include <algorithm>
#include <utility>

namespace rill::record {

namespace {

std::int64_t microseconds(Nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

/// Capture time of the moment at which a unit is decoded.
std::int64_t utc_of(const AccessUnit& unit) {
    return unit.utc_us - microseconds(unit.pts - unit.dts);
}

std::size_t size_of(const AccessUnit& unit) {
    return gst_buffer_get_size(unit.buffer.get());
}

}  // namespace

Cutter::Cutter(Settings settings, std::vector<std::shared_ptr<const Format>> tracks, PartWriter& writer,
               std::function<void(const Error&)> unwritable)
    : settings_(settings), writer_(writer), unwritable_(std::move(unwritable)), lanes_(tracks.size()) {
    for (std::size_t at = 0; at < tracks.size(); ++at)
        lanes_[at].known = std::move(tracks[at]);
}

void Cutter::push(std::size_t track, UnitPtr unit) {
    Lane& lane = lanes_[track];
    if (lane.last && unit->dts - *lane.last <= hole)
        lane.step = std::max(unit->dts - *lane.last, Nanoseconds(1));
    lane.last = unit->dts;
    lane.known = unit->format;
    lane.pending.push_back(std::move(unit));
}

bool Cutter::knows_all_formats() const {
    return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.known != nullptr; });
}

Nanoseconds Cutter::cut() {
    while (in_segment_ || begin_segment()) {
        const auto boundary = next_boundary();
        if (!boundary) break;
        write_part(*boundary);
        if (!boundary->ends_segment) continue;
        in_segment_ = false;
        continues_ = boundary->continues;
    }
    const Lane& lead = lanes_.front();
    forget_unusable();
    if (!in_segment_ || !lead.last) return settings_.part_duration;
    // Parts may have gone on without the leading track.
    return std::clamp(part_start_ + settings_.part_duration - *lead.last, Nanoseconds(0),
                      settings_.part_duration);
}

/// What waits for a segment that is not to be seen yet: no more than may still belong to its beginning.
void Cutter::forget_unusable() {
    for (std::size_t at = 1; at < lanes_.size(); ++at) {
        Lane& lane = lanes_[at];
        if (in_segment_ && lane.format) continue;
        while (!lane.pending.empty() && lane.pending.front()->dts < *lane.last - hole) {
            lane.pending.pop_front();
            ++left_out_;
        }
    }
}

void Cutter::flush() {
    cut();
    if (!in_segment_) return;
    Nanoseconds end = part_start_;
    for (const Lane& lane : lanes_) {
        if (!lane.pending.empty()) end = std::max(end, *lane.last + lane.step);
    }
    if (end > part_start_) write_part({.at = end, .leading_units = lanes_.front().pending.size()});
    in_segment_ = false;
    continues_ = false;
}

/// A segment starts with a keyframe of the leading track.
bool Cutter::begin_segment() {
    Lane& lead = lanes_.front();
    while (!lead.pending.empty() && !lead.pending.front()->keyframe) {
        lead.pending.pop_front();
        ++left_out_;
        continues_ = false;
    }
    if (lead.pending.empty()) return false;
    const AccessUnit& first = *lead.pending.front();
    for (std::size_t at = 1; at < lanes_.size(); ++at) {
        auto& pending = lanes_[at].pending;
        while (!pending.empty() && pending.front()->dts < first.dts) {
            pending.pop_front();
            ++left_out_;
        }
    }
    CutSegment segment;
    segment.formats = choose_formats();
    if (segment.formats.empty()) return false;
    segment.start = first.dts;
    segment.continues = continues_;
    segment.start_us = continues_ ? std::max(utc_at(first.dts), utc_of(first)) : utc_of(first);
    segment_start_ = part_start_ = first.dts;
    segment_utc_us_ = segment.start_us;
    in_segment_ = true;
    writer_.begin(std::move(segment));
    return true;
}

/// Of every track whose format can be written. None when the leading one cannot.
std::vector<std::shared_ptr<const Format>> Cutter::choose_formats() {
    std::vector<std::shared_ptr<const Format>> formats;
    for (Lane& lane : lanes_) {
        lane.format = lane.pending.empty() ? lane.known : lane.pending.front()->format;
        lane.place = formats.size();
        if (!lane.format) continue;
        if (const auto possible = writer_.can_write(*lane.format); !possible) {
            if (!lane.refused || *lane.refused != *lane.format) unwritable_(possible.error());
            lane.refused = lane.format;
            lane.format.reset();
            left_out_ += lane.pending.size();
            lane.pending.clear();
            if (&lane == &lanes_.front()) return {};
            continue;
        }
        formats.push_back(lane.format);
    }
    return formats;
}

std::int64_t Cutter::utc_at(Nanoseconds time) const {
    return segment_utc_us_ + microseconds(time - segment_start_);
}

std::optional<Cutter::Boundary> Cutter::next_boundary() const {
    const Lane& lead = lanes_.front();
    std::size_t bytes = 0;
    for (std::size_t unit = 0; unit < lead.pending.size(); ++unit) {
        if (const auto boundary = boundary_before(unit, bytes)) {
            if (others_have_reached(boundary->at)) return boundary;
            return std::nullopt;
        }
        bytes += size_of(*lead.pending[unit]);
    }
    return boundary_without_lead();
}

/// Whether a part ends before this unit of the leading track; `bytes` are before it in the part.
std::optional<Cutter::Boundary> Cutter::boundary_before(std::size_t index, std::size_t bytes) const {
    const Lane& lead = lanes_.front();
    const AccessUnit& unit = *lead.pending[index];
    const Nanoseconds before = index > 0 ? lead.pending[index - 1]->dts : part_start_;
    const Nanoseconds length = unit.dts - part_start_;
    const Nanoseconds step = index > 0 ? unit.dts - before : lead.step;
    if (unit.dts - before > hole) {
        const Nanoseconds end = index > 0 ? before + lead.step : part_start_;
        return Boundary{.at = end, .leading_units = index, .ends_segment = true, .continues = false};
    }
    const bool starts_segment = unit.dts == segment_start_;
    if (starts_segment) return std::nullopt;
    if (*unit.format != *lead.format)
        return Boundary{.at = unit.dts, .leading_units = index, .ends_segment = true};
    if (unit.keyframe) {
        const bool jumped = std::abs(utc_of(unit) - utc_at(unit.dts)) > clock_tolerance_us;
        // Cameras' clocks waver: one that comes a little early ends it as well.
        const bool full = unit.dts + step / 2 - segment_start_ >= settings_.segment_duration;
        if (jumped || full || other_format_waits(unit.dts))
            return Boundary{
                .at = unit.dts, .leading_units = index, .ends_segment = true, .continues = !jumped};
    }
    if (index == 0) return std::nullopt;
    // One that stays inside a part cannot be sought; none is lost when the part begins with another.
    const bool inside = lead.pending.front()->keyframe && length * 2 < settings_.part_duration;
    const bool at_keyframe = unit.keyframe && !inside;
    const bool full =
        length + step / 2 > settings_.part_duration || bytes + size_of(unit) > settings_.part_max_bytes;
    if (at_keyframe || full) return Boundary{.at = unit.dts, .leading_units = index};
    return std::nullopt;
}

/// The picture is gone and the sound is not.
std::optional<Cutter::Boundary> Cutter::boundary_without_lead() const {
    const Lane& lead = lanes_.front();
    const Nanoseconds lead_end = lead.pending.empty() ? part_start_ : lead.pending.back()->dts;
    if (const auto end = end_before_hole(lead_end)) {
        return Boundary{
            .at = *end, .leading_units = lead.pending.size(), .ends_segment = true, .continues = false};
    }
    std::optional<Boundary> boundary;
    for (std::size_t at = 1; at < lanes_.size(); ++at) {
        const Lane& lane = lanes_[at];
        if (!lane.format || lane.pending.empty() || *lane.last < lead_end + silence) continue;
        if (boundary && boundary->at >= *lane.last) continue;
        boundary = Boundary{.at = *lane.last, .leading_units = lead.pending.size()};
    }
    return boundary;
}

/// Where all tracks fall silent, from the end of the leading one on; nothing when they do not.
std::optional<Nanoseconds> Cutter::end_before_hole(Nanoseconds lead_end) const {
    std::vector<std::pair<Nanoseconds, Nanoseconds>> units;  // when, and how long one lasts
    for (std::size_t at = 1; at < lanes_.size(); ++at) {
        if (!lanes_[at].format) continue;
        for (const UnitPtr& unit : lanes_[at].pending)
            units.emplace_back(unit->dts, lanes_[at].step);
    }
    std::ranges::sort(units);
    Nanoseconds last = lead_end;
    Nanoseconds end = lanes_.front().pending.empty() ? part_start_ : lead_end + lanes_.front().step;
    for (const auto& [time, step] : units) {
        if (time - last >= hole) return end;
        last = std::max(last, time);
        end = std::max(end, time + step);
    }
    return std::nullopt;
}

bool Cutter::others_have_reached(Nanoseconds time) const {
    const Nanoseconds newest = *lanes_.front().last;
    return std::all_of(lanes_.begin() + 1, lanes_.end(), [time, newest](const Lane& lane) {
        return !lane.format || (lane.last && *lane.last >= time) || newest >= time + silence;
    });
}

/// Of what waits, or of what comes from that time on.
bool Cutter::other_format_waits(Nanoseconds time) const {
    return std::any_of(lanes_.begin() + 1, lanes_.end(), [time](const Lane& lane) {
        const auto& known = lane.format ? lane.format : lane.refused;
        const auto is_other = [&known](const UnitPtr& unit) { return !known || *unit->format != *known; };
        const auto next =
            std::ranges::find_if(lane.pending, [time](const UnitPtr& unit) { return unit->dts >= time; });
        return (!lane.pending.empty() && is_other(lane.pending.front())) ||
               (next != lane.pending.end() && is_other(*next));
    });
}

void Cutter::write_part(const Boundary& boundary) {
    std::vector<std::vector<UnitPtr>> units(lanes_.size());
    std::vector<cmaf::Run> runs;
    bool keyframe = false;
    for (std::size_t at = 0; at < lanes_.size(); ++at) {
        Lane& lane = lanes_[at];
        auto& pending = lane.pending;
        while (!pending.empty()) {
            const bool inside =
                at == 0 ? units[at].size() < boundary.leading_units : pending.front()->dts < boundary.at;
            if (!inside) break;
            if (lane.format && *pending.front()->format == *lane.format) {
                units[at].push_back(std::move(pending.front()));
            } else {
                ++left_out_;
            }
            pending.pop_front();
        }
        if (units[at].empty()) continue;
        const Nanoseconds last = units[at].back()->dts;
        const bool flows = !pending.empty() && pending.front()->dts - last < hole;
        const Nanoseconds end = at == 0 ? std::max(boundary.at, last)
                                : flows ? pending.front()->dts
                                        : last + lane.step;
        if (at == 0) keyframe = units[at].front()->keyframe;
        runs.push_back({lane.place, units[at], end});
    }
    if (runs.empty()) return;
    CutPart part;
    part.runs = runs;
    part.start = part_start_;
    part.end = boundary.at;
    part.start_us = utc_at(part_start_);
    part.duration_us = utc_at(boundary.at) - part.start_us;
    part.keyframe = keyframe || lanes_.front().format->kind == Kind::audio;
    if (writer_.append(part)) part_start_ = boundary.at;
}

}  // namespace rill::record
