#include "profile.hpp"

#include <algorithm>
#include <array>

namespace rill::camera {
namespace {

using enum VideoCodec;

// ITU-T H.264 (08/2021) A.2 and H.265 (08/2021) A.3. High 4:2:2 has 8 to 10 bits: it is used with 10, as
// Main 4:2:2 10 is.
constexpr std::array<Profile, 8> profiles = {{
    {h264, "baseline", "constrained-baseline", "I420"},
    {h264, "main", "main", "I420"},
    {h264, "high", "high", "I420"},
    {h264, "high10", "high-10", "I420_10LE"},
    {h264, "high422", "high-4:2:2", "I422_10LE"},
    {h265, "main", "main", "I420"},
    {h265, "main10", "main-10", "I420_10LE"},
    {h265, "main422-10", "main-422-10", "I422_10LE"},
}};

}  // namespace

std::optional<Profile> find_profile(VideoCodec codec, std::string_view name) {
    const auto* found = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& profile) {
        return profile.codec == codec && profile.name == name;
    });
    if (found == profiles.end()) return std::nullopt;
    return *found;
}

std::string profile_names(VideoCodec codec) {
    std::string names;
    for (const Profile& profile : profiles) {
        if (profile.codec != codec) continue;
        if (!names.empty()) names += ", ";
        names += profile.name;
    }
    return names;
}

std::string_view raw_format(const VideoSpec& video) {
    const auto profile = find_profile(video.codec, video.profile);
    return profile ? profile->raw_format : "I420";
}

}  // namespace rill::camera
