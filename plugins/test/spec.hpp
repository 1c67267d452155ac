// What a test:// URL asks for.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::test_source {

enum class Video { h264 = 1, h265 };
enum class Audio { none = 1, opus, aac, pcmu, pcma };

struct Spec {
    Video video = Video::h264;
    int width = 1280;
    int height = 720;
    int fps = 30;
    int gop = 30;                      ///< frames from keyframe to keyframe
    std::int64_t bitrate = 2'000'000;  ///< bits per second
    int bframes = 0;
    std::string pattern = "smpte";  ///< of videotestsrc
    Audio audio = Audio::none;

    bool operator==(const Spec&) const = default;
};

/// "test://?codec=h264&size=1280x720&…", "test:" or "test://". Error: invalid_config, naming the key and what
/// it allows.
Result<Spec> parse_spec(std::string_view url);

}  // namespace rill::test_source
