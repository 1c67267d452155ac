// Which of the viewer's codecs carries which track.
#pragma once

#include "offer.hpp"

#include <rill/link.hpp>
#include <rill/result.hpp>

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

/// Gives each track a section that the viewer receives on and that lists a codec which decodes it. A track
/// without one is left out. Error: not_acceptable when nothing is left, naming what the stream has and what
/// the viewer offers.
Result<Selection> choose_codecs(const Offer& offer, std::span<const Track> tracks);

/// How well a codec decodes a format: 0 not at all, more is better.
int match(const OfferedCodec& codec, const Format& format);

}  // namespace rill::webrtc
