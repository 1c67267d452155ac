// Writes playlists (RFC 8216bis).
#pragma once

#include "ladder.hpp"
#include "window.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rill::hls {

/// How the resources of one presentation are called.
struct Names {
    std::string id;  ///< unpredictable; old players and caches never meet a new presentation
    std::string_view extension = "mp4";  ///< of segments: "mp4" or "ts"

    std::string media() const;
    /// The media playlist of a variant stream (VariantStream::name).
    std::string media(std::string_view variant) const;
    std::string init(std::uint64_t number) const;
    std::string part(std::uint64_t number) const;
    std::string segment(std::uint64_t sequence) const;
};

/// The query that makes the server recognise a client: "" or "?session=…", appended to every URI.
using Suffix = std::string_view;

/// The picture or, without one, the sound that the window has now; null before the first segment.
const Format* lead_format(const Window& window);

/// What the window has, then the renditions of it. `frame_rate` is used when the format does not tell.
std::string multivariant_playlist(const Window& window, const Names& names, double frame_rate,
                                  std::span<const VariantStream> variants, Suffix suffix);

/// `skip`: a Playlist Delta Update (§6.2.5.1), as far as there is something to skip.
std::string media_playlist(const Window& window, const Names& names, bool skip, Suffix suffix);

/// What a player can hold back to: §4.4.3.8.
Nanoseconds part_hold_back(const WindowRules& rules);

}  // namespace rill::hls
