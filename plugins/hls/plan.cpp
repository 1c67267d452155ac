#include "plan.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace rill::hls {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds unknown_target = seconds(4);
constexpr Nanoseconds reserve = seconds(1);
/// Beyond it a GOP is cut, whatever the camera does: a playlist lasts three target durations, in memory.
constexpr Nanoseconds longest_target = seconds(12);
/// Without a second keyframe for so long, planning goes ahead without parts, too.
constexpr Nanoseconds patience = longest_target;
/// How many units are looked at: enough to see jitter, few enough to be cheap.
constexpr std::size_t sample = 256;

Nanoseconds round_up(Nanoseconds value, Nanoseconds unit) {
    return (value + unit - Nanoseconds(1)) / unit * unit;
}

/// The median distance of units, which a few late ones do not move; the declared frame rate where it says
/// nearly the same, because that is exact.
Nanoseconds usual_step(std::span<const UnitPtr> units) {
    std::vector<Nanoseconds> steps;
    for (std::size_t i = 1; i < units.size(); ++i)
        steps.push_back(units[i]->dts - units[i - 1]->dts);
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    const Nanoseconds median = std::max(*middle, Nanoseconds(1));
    const double rate = units.back()->format->frame_rate;
    if (rate <= 0) return median;
    const auto declared = Nanoseconds(static_cast<std::int64_t>(1e9 / rate));
    return std::chrono::abs(median - declared) < declared / 40 ? declared : median;
}

Nanoseconds part_target(const Wishes& wishes, std::span<const UnitPtr> units, Nanoseconds step) {
    // Half a millisecond forgives rounded time stamps.
    const auto fitting = (wishes.part_duration + milliseconds(1) / 2) / std::max(step, Nanoseconds(1));
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(fitting, 1, 1 << 20));
    const Nanoseconds nominal = step * static_cast<std::int64_t>(count);
    Nanoseconds shortest = nominal;
    Nanoseconds longest = nominal;
    for (std::size_t i = 0; i + count < units.size(); ++i) {
        const Nanoseconds length = units[i + count]->dts - units[i]->dts;
        shortest = std::min(shortest, length);
        longest = std::max(longest, length);
    }
    // One long gap among the samples must not make every part long, nor every frame a part too many.
    longest = std::min(longest + (longest - shortest), nominal + std::min(nominal / 12, step / 2));
    // Rounded stamps differ by some microseconds, which is no jitter.
    return std::max<Nanoseconds>(round_up(longest - milliseconds(1) / 10, milliseconds(1)), milliseconds(1));
}

/// How long segments will be that end at the first keyframe after the wished duration.
Nanoseconds segment_length(const Wishes& wishes, Nanoseconds interval) {
    if (interval <= Nanoseconds(0)) return wishes.segment_duration;
    const auto count = (wishes.segment_duration + interval - Nanoseconds(1)) / interval;
    return interval * std::max<std::int64_t>(count, 1);
}

Nanoseconds target_duration(const Wishes& wishes, std::span<const UnitPtr> units, Nanoseconds known) {
    const Nanoseconds least = round_up(wishes.segment_duration, seconds(1));
    const bool sound_only = units.front()->format->kind == Kind::audio;
    if (sound_only) return least;
    const auto last_key =
        std::find_if(units.rbegin(), units.rend(), [](auto& unit) { return unit->keyframe; });
    const Nanoseconds age = last_key == units.rend() ? Nanoseconds(0) : units.back()->dts - (*last_key)->dts;
    const Nanoseconds interval = std::max(known, longest_keyframe_interval(units));
    const Nanoseconds wanted = interval > Nanoseconds(0)
                                   ? std::max(segment_length(wishes, interval), age) + reserve
                                   : std::max(unknown_target, 2 * age);
    // A keyframe some milliseconds late does not need another second: durations are rounded (§4.4.3.1).
    const Nanoseconds rounded = round_up(wanted - milliseconds(100), seconds(1));
    return std::max(least, std::min(rounded, longest_target));
}

}  // namespace

Nanoseconds longest_keyframe_interval(std::span<const UnitPtr> units) {
    Nanoseconds longest{0};
    std::optional<Nanoseconds> previous;
    for (const UnitPtr& unit : units) {
        if (!unit->keyframe || unit->format->kind != Kind::video) continue;
        if (previous && !unit->discontinuity) longest = std::max(longest, unit->dts - *previous);
        previous = unit->dts;
    }
    return longest;
}

bool can_plan(const Wishes& wishes, std::span<const UnitPtr> units) {
    if (units.size() < 2) return false;
    const Nanoseconds span = units.back()->dts - units.front()->dts;
    if (wishes.parts) return span >= wishes.part_duration;
    return span >= patience || (span >= wishes.segment_duration && units.back()->keyframe);
}

Plan make_plan(const Wishes& wishes, std::span<const UnitPtr> units, Nanoseconds known_interval) {
    const std::span<const UnitPtr> recent = units.last(std::min(units.size(), sample));
    Plan plan;
    plan.step = usual_step(recent);
    plan.part_target = part_target(wishes, recent, plan.step);
    plan.target_duration = target_duration(wishes, units, known_interval);
    return plan;
}

}  // namespace rill::hls
