#include "recorded_sound.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

namespace rill::webrtc {

namespace {

using namespace std::chrono_literals;

/// Between units that go on: clocks and cuts are not exact.
constexpr std::int64_t seam_us = 60'000;
constexpr Nanoseconds same_shift = 1ms;

}  // namespace

void RecordedSound::make(std::int64_t from_us, std::int64_t until_us, Nanoseconds shift) {
    pass(from_us);
    while (!read_.empty() && read_.front()->utc_us < until_us) {
        const UnitPtr unit = std::move(read_.front());
        read_.pop_front();
        if (cannot_ || (!goes_on(*unit, shift) && !begin(*unit, shift))) continue;
        AccessUnit placed = *unit;
        placed.pts = placed.dts = std::chrono::microseconds(unit->utc_us) + shift_;
        next_us_ = unit->utc_us + unit->duration / 1us;
        push_(placed);
    }
}

void RecordedSound::pass(std::int64_t until_us) {
    while (!read_.empty() && read_.front()->utc_us < until_us)
        read_.pop_front();
}

void RecordedSound::clear() {
    read_.clear();
    push_ = nullptr;
    cannot_ = false;
}

/// After a pause, a gap, or what was passed, decoder and encoder begin anew: they would fill it with noise.
bool RecordedSound::goes_on(const AccessUnit& unit, Nanoseconds shift) const {
    if (!push_ || *unit.format != *format_) return false;
    return std::chrono::abs(shift - shift_) < same_shift && std::abs(unit.utc_us - next_us_) < seam_us;
}

bool RecordedSound::begin(const AccessUnit& unit, Nanoseconds shift) {
    push_ = nullptr;
    format_ = unit.format;
    shift_ = shift;
    auto push = given_.transcode(
        format_, given_.codec, [this](const UnitPtr& made) { hand_on(made); },
        [this](const Error& error) {
            cannot_ = true;
            push_ = nullptr;
            given_.trouble(error);
        });
    cannot_ = !push;
    if (push) {
        push_ = *std::move(push);
    } else {
        given_.trouble(push.error());
    }
    return static_cast<bool>(push);
}

void RecordedSound::hand_on(const UnitPtr& made) {
    auto unit = std::make_shared<AccessUnit>(*made);
    unit->utc_us = (made->pts - shift_) / 1us;
    given_.made(std::move(unit));
}

}  // namespace rill::webrtc
