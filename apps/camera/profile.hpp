// The profiles of the video codecs: what each is called here and in GStreamer, and which samples it is for.
#pragma once

#include "spec.hpp"

#include <optional>

namespace rill::camera {

struct Profile {
    VideoCodec codec;
    std::string_view name;        ///< as in profile=
    std::string_view caps;        ///< the "profile" in the caps of GStreamer
    std::string_view raw_format;  ///< the GstVideoFormat that makes use of it
};

/// Nothing when the codec has none of this name.
std::optional<Profile> find_profile(VideoCodec codec, std::string_view name);
/// "baseline, main, high"; empty for a codec without profiles.
std::string profile_names(VideoCodec codec);
/// The samples that the encoder of this video is given: of its profile, else 8 bits in 4:2:0.
std::string_view raw_format(const VideoSpec& video);

}  // namespace rill::camera
