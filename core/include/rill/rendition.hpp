// A track in another form: made once, from the source's own track, and shared by all who want the same.
#pragma once

#include <rill/media/access_unit.hpp>

#include <compare>
#include <string>

namespace rill {

/// What is wanted of a track that it is not. H.264 is of the constrained baseline profile, without B-frames,
/// VP9 of profile 0; all with square pixels, 8 bits and 4:2:0. Opus and AAC have 48 kHz and at most two
/// channels.
struct Rendition {
    Codec codec = Codec::h264;
    /// Video: at most so many pixels high, in the same shape. 0: as high as the source.
    int max_height = 0;

    // The tool compares with 0 in what it writes for the default, and finds fault with it.
    auto operator<=>(const Rendition&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// "H264", "H264 480p": in logs and in the API.
std::string to_string(const Rendition& rendition);

/// The displayed size with square pixels, both even: as high as the format says, or as `max_height` where
/// that is less and not 0. At least 2x2; for a format of unknown size, 0x0.
struct PictureSize {
    int width = 0;
    int height = 0;
    bool operator==(const PictureSize&) const = default;
};
PictureSize display_size(const Format& format, int max_height);

/// What is known of a rendition before its first unit: no config, no codec_string.
Format rendered_format(const Format& source, const Rendition& rendition);

}  // namespace rill
