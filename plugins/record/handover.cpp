#include "handover.hpp"

#include <limits>
#include <utility>

namespace rill::record {

namespace {

using namespace std::chrono_literals;

/// How much later the rendition may come; less than the cutter waits for a track (Cutter::silence).
constexpr Nanoseconds longest_wait = 1s;
/// Of the rendition, that wait for a keyframe.
constexpr std::size_t most_units = 16384;
constexpr Nanoseconds never{std::numeric_limits<Nanoseconds::rep>::max()};

}  // namespace

void Handover::push_own(UnitPtr unit) {
    own_.push_back(std::move(unit));
}

void Handover::push_made(UnitPtr unit) {
    made_.push_back(std::move(unit));
    if (made_.size() > most_units) made_.pop_front();
}

std::vector<UnitPtr> Handover::take(std::optional<Nanoseconds> keyframe) {
    std::vector<UnitPtr> out;
    const Nanoseconds next = keyframe.value_or(written_ + 1ns);
    if (!change_ && may_change_at(next)) change_ = next;
    if (change_ && made_.back()->dts >= *change_) {
        take_own_before(*change_, out);
        for (UnitPtr& unit : made_) {
            if (unit->dts >= *change_) out.push_back(std::move(unit));
        }
        own_.clear();
        made_.clear();
        is_over_ = true;
        return out;
    }
    if (change_ && !own_.empty() && own_.back()->dts - *change_ > longest_wait) change_.reset();
    take_own_before(change_.value_or(never), out);
    return out;
}

std::vector<UnitPtr> Handover::take_rest() {
    std::vector<UnitPtr> out;
    take_own_before(never, out);
    return out;
}

bool Handover::may_change_at(Nanoseconds time) const {
    return time > written_ && !made_.empty() && made_.front()->dts <= time;
}

void Handover::take_own_before(Nanoseconds time, std::vector<UnitPtr>& out) {
    while (!own_.empty() && own_.front()->dts < time) {
        written_ = own_.front()->dts;
        out.push_back(std::move(own_.front()));
        own_.pop_front();
    }
}

}  // namespace rill::record
