// Sound that players take out of a file or a segment: the source's own, else AAC.
#pragma once

#include <rill/sink.hpp>

#include <span>
#include <vector>

namespace rill {

/// Whether common players take this codec out of MPEG-TS, over HLS (RFC 8216 §3.2) or from a file. Opus is
/// not among them, though muxers write it: browsers' HLS players and television sets are silent then.
bool plays_from_mpegts(Codec codec);

/// The tracks with one sound that `plays` takes, if one can be had: where the source has none, AAC is made of
/// its first (SinkHost::render). Where that cannot be done the log says why, and the tracks are as they were.
/// Pictures are never touched. `plays`: cmaf::is_cmaf, plays_from_mpegts. Threading: the path's loop.
std::vector<Track> with_playable_sound(SinkHost& host, std::span<const Track> tracks, bool (*plays)(Codec));

}  // namespace rill
