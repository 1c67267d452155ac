// Which renditions of a picture are offered beside it, and what can be said of them before they are made.
#pragma once

#include <rill/rendition.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rill::hls {

/// The option hlsRenditions: [720p, 360p]. Highest first. Error: invalid_config.
Result<std::vector<int>> read_heights(std::span<const std::string> texts);

/// H.264 as high as the picture where that is something else, which not every browser decodes; then one for
/// each height that is less than the picture's.
std::vector<Rendition> ladder(const Format& picture, std::span<const int> heights);

/// A variant of which nothing has been made yet, as a multivariant playlist describes it.
struct VariantStream {
    std::string name;    ///< "h264", "360p"
    std::string codecs;  ///< RFC 6381, of the picture
    int width = 0;       ///< 0 where unknown
    int height = 0;
    double frame_rate = 0;
    std::uint64_t peak = 0;  ///< bits a second of the picture, at most (RFC 8216bis §4.4.6.2)
    std::uint64_t average = 0;
};
/// `frame_rate` is used where the picture's format does not tell.
VariantStream describe(const Format& picture, const Rendition& rendition, double frame_rate);
std::string name_of(const Rendition& rendition);

/// The codec string of constrained baseline in the lowest level of ITU-T H.264 table A-1 that takes so large
/// and so many pictures at this bit rate, with a buffer of a second: what x264 chooses, too.
std::string baseline_codec_string(const Format& format, int bits_per_second);

}  // namespace rill::hls
