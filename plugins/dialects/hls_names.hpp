// The names of files as clients of the HLS stream manager know them, and as the sink `hls` calls them.
//
// Here a playlist is "0a1b_stream.m3u8?session=…" and its segments are "0a1b_seg7.ts?session=…", with names
// that nobody guesses and that change with each presentation; there they are "stream.m3u8" and "segment7.ts".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rill::dialects {

/// What a presentation's playlist is called: its first place in index.m3u8.
struct Presentation {
    std::string id;       ///< "0a1b"
    std::string session;  ///< "" when there is none

    std::string playlist() const { return id + "_stream.m3u8"; }
    bool operator==(const Presentation&) const = default;
};

/// The presentation that a multivariant playlist leads to first. Nothing: it leads elsewhere.
std::optional<Presentation> find_presentation(std::string_view multivariant);
/// The media playlist with the names of segments that clients know, and without sessions, which are ours.
std::string to_known_names(std::string_view playlist, const Presentation& presentation);
/// "segment7.ts" as the sink calls it; a file of another name is called the same on both sides.
std::string to_sink_name(std::string_view file, const Presentation& presentation);

}  // namespace rill::dialects
