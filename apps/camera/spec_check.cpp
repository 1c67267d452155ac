// Which codecs, profiles, sizes and rates go together.
#include "profile.hpp"
#include "spec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::camera {
namespace {

Error invalid(std::string message) {
    return Error{Code::invalid_config, std::move(message)};
}

std::string_view standard_name(VideoCodec codec) {
    switch (codec) {
        case VideoCodec::h264:
            return "H.264";
        case VideoCodec::h265:
            return "H.265";
        case VideoCodec::mjpeg:
            return "MJPEG";
    }
    return "";
}

Result<> check_profile(const VideoSpec& video) {
    if (video.profile.empty() || find_profile(video.codec, video.profile)) return ok();
    const std::string names = profile_names(video.codec);
    return invalid(fmt::format("profile={}: {} has {}", video.profile, standard_name(video.codec),
                               names.empty() ? "no profiles" : names));
}

/// RFC 2435 §3.1.5: the header has a byte for each side, in units of 8 pixels.
Result<> check_mjpeg(const VideoSpec& video) {
    constexpr int most = 255 * 8;
    if (video.bframes > 0) return invalid("bframes: MJPEG has no B-frames");
    if (video.pixel_width != video.pixel_height)
        return invalid("aspect: MJPEG over RTP cannot tell the shape of a pixel");
    const auto fits = [](int side) { return side % 8 == 0 && side <= most; };
    if (fits(video.width) && fits(video.height)) return ok();
    return invalid(fmt::format("size={}x{}: MJPEG over RTP has multiples of 8 up to {}, as in 1280x720",
                               video.width, video.height, most));
}

/// ITU-T H.264 A.2.1 and 7.4.2.1.1: no fields in the baseline profile; cropping in units of four rows.
Result<> check_interlaced(const VideoSpec& video) {
    if (video.codec != VideoCodec::h264) return invalid("scan=interlaced: H.264 alone has it");
    if (video.profile == "baseline")
        return invalid("scan=interlaced: the baseline profile has whole pictures");
    if (video.height % 4 == 0) return ok();
    return invalid(fmt::format("size={}x{}: the height of interlaced pictures is a multiple of 4",
                               video.width, video.height));
}

Result<> check_video(const VideoSpec& video) {
    if (const auto profile = check_profile(video); !profile) return profile.error();
    if (video.interlaced)
        if (const auto fields = check_interlaced(video); !fields) return fields.error();
    if (video.codec == VideoCodec::mjpeg) return check_mjpeg(video);
    if (video.profile == "baseline" && video.bframes > 0)
        return invalid("bframes: the baseline profile has no B-frames");
    if (video.bframes > 0 && video.bframes >= video.gop_frames)
        return invalid("bframes: must be fewer than the frames of a GOP");
    return ok();
}

Result<> check_audio(const AudioSpec& audio) {
    const auto one_of = [&](std::initializer_list<int> rates, const char* which) {
        const bool found = std::find(rates.begin(), rates.end(), audio.rate) != rates.end();
        return found ? ok() : Result<>(invalid(fmt::format("rate={}: {}", audio.rate, which)));
    };
    switch (audio.codec) {
        case AudioCodec::none:
            return one_of({0}, "there is no audio");
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return one_of({8000}, "G.711 has 8000");
        case AudioCodec::opus:
            return one_of({48000}, "Opus has 48000");
        case AudioCodec::aac:
            return one_of({8000, 16000, 24000, 32000, 48000}, "AAC has 8000, 16000, 24000, 32000 or 48000");
        case AudioCodec::lpcm:
            return one_of({8000, 16000, 44100, 48000}, "LPCM has 8000, 16000, 44100 or 48000");
        case AudioCodec::g722:
            return one_of({16000}, "G.722 has 16000 (8000 is its RTP clock alone)");
    }
    return ok();
}

}  // namespace

Result<> check(const CameraSpec& camera) {
    if (camera.clock && camera.video.bframes > 0)
        return invalid("bframes: a camera with clock=yes encodes without delay, thus without B-frames");
    if (const auto video = check_video(camera.video); !video) return video.error();
    return check_audio(camera.audio);
}

}  // namespace rill::camera
