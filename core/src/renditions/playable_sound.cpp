#include <rill/playable_sound.hpp>

#include <algorithm>

namespace rill {

bool plays_from_mpegts(Codec codec) {
    return codec == Codec::h264 || codec == Codec::h265 || codec == Codec::aac;
}

std::vector<Track> with_playable_sound(SinkHost& host, std::span<const Track> tracks, bool (*plays)(Codec)) {
    std::vector<Track> out(tracks.begin(), tracks.end());
    const auto is_sound = [](const Track& track) { return track.format->kind == Kind::audio; };
    const auto is_played = [&](const Track& track) { return is_sound(track) && plays(track.format->codec); };
    const auto sound = std::ranges::find_if(out, is_sound);
    if (sound == out.end() || std::ranges::any_of(out, is_played)) return out;
    auto rendered = host.render(*sound, {.codec = Codec::aac});
    if (rendered) {
        *sound = *std::move(rendered);
    } else {
        host.log().warning("no AAC is made of the sound ({}): {}", to_string(sound->format->codec),
                           rendered.error().message);
    }
    return out;
}

}  // namespace rill
