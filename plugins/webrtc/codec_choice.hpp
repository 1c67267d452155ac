// Which of the viewer's codecs carries which track.
#pragma once

#include "offer.hpp"

#include <rill/link.hpp>
#include <rill/result.hpp>

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace rill::webrtc {

/// One track on one section of the offer.
struct Choice {
    std::size_t section;  ///< index into Offer::media
    Track track;
    OfferedCodec codec;
};

struct Selection {
    std::vector<Choice> choices;        ///< in the order of the sections; not empty
    std::vector<std::string> left_out;  ///< tracks that the viewer cannot take, and why, for the log
};

/// Makes another form of a track: SinkHost::render.
using Render = std::function<Result<Track>(const Track&, const Rendition&)>;

/// When a track is not given as it is, though it could be.
struct Preferences {
    Render render = nullptr;             ///< null: there are no renditions
    int max_height = 0;                  ///< pixels; 0: any height will do
    std::set<std::size_t> out_of_order;  ///< tracks by index: Fanout::is_out_of_order
    Codec transcode_to = Codec::h264;    ///< of a picture's rendition, where the viewer offers it
};

/// Gives each track a section that the viewer receives on and that lists a codec which decodes it: the track
/// as it is where that can be and is good, else a rendition: Opus for sound; for pictures `transcode_to`, or
/// else the first of H.264, VP8 and VP9 that is offered. Where none can be made, the track as it is has to
/// do. What the viewer cannot take in any form is left out.
///
/// Error: not_acceptable when nothing is left, naming what the stream has and what the viewer offers; as
/// `render` has it, when there would be no picture.
Result<Selection> choose_codecs(const Offer& offer, std::span<const Track> tracks,
                                const Preferences& preferences = {});

/// Why recordings cannot be shown with the selection: they are kept as the camera sends them, and its picture
/// is a rendition. Empty: they can.
std::optional<Error> recordings_refused(const Selection& selection);

/// How well a codec decodes a format: 0 not at all, more is better.
int match(const OfferedCodec& codec, const Format& format);

}  // namespace rill::webrtc
