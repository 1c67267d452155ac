#include "timestamp_repair.hpp"

#include <algorithm>

namespace rill {

namespace {

using namespace std::chrono_literals;

// A source may run ahead (a burst after a pause) or behind (jitter buffer, B-frames) by this much without
// being wrong.
constexpr auto tolerance = 3s;
// H.264 allows 16 reordered frames (§A.3.1); more is no reordering but a jump.
constexpr std::size_t max_depth = 16;
constexpr auto max_reordering = 1s;
// A tick of the slowest clock that units are stored with, G.711's of 8 kHz: less would be no time at all in a
// file.
constexpr auto least_step = 125us;

}  // namespace

TimestampRepair::TrackState& TimestampRepair::state_of(std::size_t track) {
    if (track >= tracks_.size()) tracks_.resize(track + 1);
    return tracks_[track];
}

void TimestampRepair::expect_reordering(std::size_t track, std::size_t frames, Time frame_duration) {
    TrackState& state = state_of(track);
    state.depth = std::min(frames, max_depth);
    state.frame_duration = frame_duration;
}

TimestampRepair::Time TimestampRepair::decode_time(TrackState& state, Time pts) {
    // Sources stamp presentation times only. The n-th smallest of what has come so far is the n-th decode
    // time; with a delay of `depth` frames that is known without looking ahead. The depth grows when a frame
    // comes out of order.
    auto& window = state.reorder;
    if (window.empty()) {
        for (auto ahead = static_cast<std::int64_t>(state.depth); ahead > 0; --ahead)
            window.push_back(pts - ahead * state.frame_duration);
    }
    const auto place = std::upper_bound(window.begin(), window.end(), pts);
    const auto behind = static_cast<std::size_t>(window.end() - place);
    state.depth = std::clamp(behind, state.depth, max_depth);
    window.insert(place, pts);
    if (const std::size_t kept = state.depth + 1; window.size() > kept)
        window.erase(window.begin(), window.end() - static_cast<std::ptrdiff_t>(kept));
    return window.front();
}

TimestampRepair::Repaired TimestampRepair::repair(std::size_t track, std::optional<Time> pts,
                                                  std::optional<Time> dts, Time now) {
    TrackState& state = state_of(track);
    const Time input = pts.value_or(dts.value_or(now - state.offset));
    const bool went_back = state.last_input && input + max_reordering < *state.last_input;
    const auto far = [&](Time offset) {
        const Time distance = input + offset - now;
        return distance > tolerance || distance < -tolerance;
    };

    bool jumped = went_back;
    if (went_back || far(state.offset)) {
        jumped = true;
        state.offset = offset_;
        if (far(state.offset) || (went_back && input + state.offset < state.last_dts))
            state.offset = now - input;
        offset_ = state.offset;
        state.reorder.clear();
    }
    state.last_input = input;

    Repaired out{input + state.offset, Time{0}, jumped};
    out.dts = dts && pts ? *dts + state.offset : decode_time(state, out.pts);
    if (out.dts > out.pts) out.dts = out.pts;
    // Strictly increasing, whatever came in; a muxer must never see time stand still.
    if (out.dts <= state.last_dts) out.dts = state.last_dts + least_step;
    if (out.pts < out.dts) out.pts = out.dts;
    state.last_dts = out.dts;
    return out;
}

}  // namespace rill
