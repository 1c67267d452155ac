#include "feed.hpp"

#include <rill/playable_sound.hpp>

#include <algorithm>

namespace rill::hls {

Result<std::vector<Track>> playable(SinkHost& host, std::span<const Track> tracks, bool (*carries)(Codec)) {
    std::vector<Track> out = with_playable_sound(host, tracks, carries);
    const auto picture =
        std::ranges::find_if(out, [](const Track& track) { return track.format->kind == Kind::video; });
    if (picture == out.end() || first_track(out, Kind::video, carries) != nullptr) return out;
    auto rendered = host.render(*picture, {.codec = Codec::h264});
    if (!rendered) return rendered.error();
    *picture = *std::move(rendered);
    return out;
}

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
