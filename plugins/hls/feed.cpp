#include "feed.hpp"

#include <algorithm>

namespace rill::hls {

const Track* first_track(std::span<const Track> tracks, Kind kind, bool (*carries)(Codec)) {
    const auto found = std::find_if(tracks.begin(), tracks.end(), [kind, carries](const Track& track) {
        return track.format->kind == kind && carries(track.format->codec);
    });
    return found == tracks.end() ? nullptr : &*found;
}

void mention_left_out(const Log& log, std::span<const Track> tracks, bool (*carries)(Codec)) {
    for (const Track& track : tracks) {
        if (&track == first_track(tracks, track.format->kind, carries)) continue;
        log.info("track {} ({}) is left out: {}", track.index, to_string(track.format->codec),
                 carries(track.format->codec) ? "one picture and one sound are played"
                                              : "players cannot take it in this variant");
    }
}

}  // namespace rill::hls
