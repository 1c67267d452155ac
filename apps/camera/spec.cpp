#include "spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace rill::camera {
namespace {

constexpr int max_cameras_per_argument = 10000;
constexpr int max_gop_seconds = 30;

Error invalid(std::string message) {
    return Error{Code::invalid_config, std::move(message)};
}

std::optional<int> whole_number(std::string_view text, int lowest, int highest) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (value < lowest || value > highest) return std::nullopt;
    return value;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

Result<int> parse_bitrate_kbit(std::string_view text) {
    std::string_view digits = text;
    std::optional<int> kbit;
    if (take_suffix(digits, "M")) {
        if (const auto mbit = whole_number(digits, 1, 100)) kbit = *mbit * 1000;
    } else if (take_suffix(digits, "k")) {
        kbit = whole_number(digits, 32, 100'000);
    } else if (const auto bits = whole_number(digits, 32'000, 100'000'000)) {
        kbit = *bits / 1000;
    }
    if (!kbit) return invalid(fmt::format("bitrate={}: must be 32k to 100M bits per second, as in 2M", text));
    return *kbit;
}

Result<int> parse_gop_frames(std::string_view text, int fps) {
    std::string_view digits = text;
    std::optional<int> frames;
    const int most = max_gop_seconds * fps;
    if (take_suffix(digits, "ms")) {
        if (const auto ms = whole_number(digits, 1, max_gop_seconds * 1000)) frames = *ms * fps / 1000;
    } else if (take_suffix(digits, "s")) {
        if (const auto seconds = whole_number(digits, 1, max_gop_seconds)) frames = *seconds * fps;
    } else {
        frames = whole_number(digits, 1, most);
    }
    if (!frames || *frames < 1)
        return invalid(fmt::format("gop={}: must be frames (25) or a time (1s, 500ms) up to {} s", text,
                                   max_gop_seconds));
    return *frames;
}

Result<bool> parse_switch(std::string_view key, std::string_view text) {
    if (text == "yes") return true;
    if (text == "no") return false;
    return invalid(fmt::format("{}={}: must be yes or no", key, text));
}

Result<bool> parse_scan(std::string_view text) {
    if (text == "interlaced") return true;
    if (text == "progressive") return false;
    return invalid(fmt::format("scan={}: must be progressive or interlaced", text));
}

/// The two numbers of a sample aspect ratio have 16 bits (ITU-T H.264 E.2.1).
Result<> set_aspect(VideoSpec& video, std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto width = whole_number(text.substr(0, colon), 1, 65535);
    const auto height = whole_number(colon == std::string_view::npos ? "" : text.substr(colon + 1), 1, 65535);
    if (!width || !height)
        return invalid(fmt::format("aspect={}: must be the width and height of a pixel, as in 16:11", text));
    video.pixel_width = *width;
    video.pixel_height = *height;
    return ok();
}

Result<AudioCodec> parse_audio_codec(std::string_view text) {
    using enum AudioCodec;
    for (const AudioCodec codec : {none, aac, pcmu, pcma, opus, lpcm, g722})
        if (text == to_string(codec)) return codec;
    return invalid(fmt::format("audio={}: must be none, aac, pcmu, pcma, opus, lpcm or g722", text));
}

int default_rate(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::none:
            return 0;
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return 8000;
        case AudioCodec::aac:
        case AudioCodec::opus:
        case AudioCodec::lpcm:
            return 48000;
        case AudioCodec::g722:
            return 16000;
    }
    return 0;
}

bool valid_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./").find(c) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), allowed) &&
           name.front() != '/' && name.back() != '/';
}

Result<> set_number(int& target, std::string_view key, std::string_view text, int lowest, int highest) {
    const auto value = whole_number(text, lowest, highest);
    if (!value)
        return invalid(fmt::format("{}={}: must be a number from {} to {}", key, text, lowest, highest));
    target = *value;
    return ok();
}

template <class T>
Result<> set_parsed(T& target, Result<T> parsed) {
    if (!parsed) return parsed.error();
    target = *std::move(parsed);
    return ok();
}

Error unknown(std::string_view key) {
    return invalid(
        fmt::format("unknown key '{}': must be codec, size, fps, gop, bitrate, bframes, profile, scan, "
                    "aspect, audio, rate or clock",
                    key));
}

/// The keys whose meaning depends on others, which may come later: text until all are read, empty when
/// absent.
struct Deferred {
    std::string_view gop;
    std::string_view bitrate;
};

Result<> set_key(CameraSpec& camera, Deferred& deferred, std::string_view key, std::string_view value) {
    VideoSpec& video = camera.video;
    if (key == "codec") return set_parsed(video.codec, parse_video_codec(value));
    if (key == "size") return parse_size(value, video);
    if (key == "fps") return set_number(video.fps, key, value, 1, 120);
    if (key == "scan") return set_parsed(video.interlaced, parse_scan(value));
    if (key == "aspect") return set_aspect(video, value);
    if (key == "bframes") return set_number(video.bframes, key, value, 0, 8);
    if (key == "audio") return set_parsed(camera.audio.codec, parse_audio_codec(value));
    if (key == "rate") return set_number(camera.audio.rate, key, value, 8000, 48000);
    if (key == "clock") return set_parsed(camera.clock, parse_switch(key, value));
    if (key == "gop") {
        deferred.gop = value;
    } else if (key == "bitrate") {
        deferred.bitrate = value;
    } else if (key == "profile") {
        video.profile = value;
    } else {
        return unknown(key);
    }
    return ok();
}

Result<> resolve(const Deferred& deferred, VideoSpec& video) {
    const bool both_absent = deferred.gop.empty() && deferred.bitrate.empty();
    if (video.codec == VideoCodec::mjpeg && !both_absent)
        return invalid("gop, bitrate: MJPEG has neither, but whole pictures of one quality");
    const std::string_view gop = deferred.gop.empty() ? "1s" : deferred.gop;
    if (const auto set = set_parsed(video.gop_frames, parse_gop_frames(gop, video.fps)); !set)
        return set.error();
    if (deferred.bitrate.empty()) return ok();
    return set_parsed(video.bitrate_kbit, parse_bitrate_kbit(deferred.bitrate));
}

Result<CameraSpec> parse_keys(std::string_view keys) {
    CameraSpec camera;
    Deferred deferred;
    while (!keys.empty()) {
        const std::string_view pair = keys.substr(0, keys.find(','));
        keys.remove_prefix(std::min(keys.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals + 1 == pair.size())
            return invalid(fmt::format("'{}': must be key=value", pair));
        if (const auto set = set_key(camera, deferred, pair.substr(0, equals), pair.substr(equals + 1)); !set)
            return set.error();
    }
    if (const auto resolved = resolve(deferred, camera.video); !resolved) return resolved.error();
    if (camera.audio.rate == 0) camera.audio.rate = default_rate(camera.audio.codec);
    if (const auto checked = check(camera); !checked) return checked.error();
    return camera;
}

}  // namespace

std::string_view to_string(VideoCodec codec) {
    switch (codec) {
        case VideoCodec::h264:
            return "h264";
        case VideoCodec::h265:
            return "h265";
        case VideoCodec::mjpeg:
            return "mjpeg";
    }
    return "h264";
}

std::string_view to_string(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::none:
            return "none";
        case AudioCodec::aac:
            return "aac";
        case AudioCodec::pcmu:
            return "pcmu";
        case AudioCodec::pcma:
            return "pcma";
        case AudioCodec::opus:
            return "opus";
        case AudioCodec::lpcm:
            return "lpcm";
        case AudioCodec::g722:
            return "g722";
    }
    return "none";
}

std::string describe(const VideoSpec& video) {
    return fmt::format("{} {}x{} fps={} gop={} bitrate={}k bframes={} profile={} scan={} aspect={}:{}",
                       to_string(video.codec), video.width, video.height, video.fps, video.gop_frames,
                       video.bitrate_kbit, video.bframes, video.profile,
                       video.interlaced ? "interlaced" : "progressive", video.pixel_width,
                       video.pixel_height);
}

std::string describe(const AudioSpec& audio) {
    return fmt::format("{} rate={}", to_string(audio.codec), audio.rate);
}

Result<VideoCodec> parse_video_codec(std::string_view text) {
    using enum VideoCodec;
    for (const VideoCodec codec : {h264, h265, mjpeg})
        if (text == to_string(codec)) return codec;
    return invalid(fmt::format("codec={}: must be h264, h265 or mjpeg", text));
}

Result<> parse_size(std::string_view text, VideoSpec& video) {
    const std::size_t by = text.find('x');
    const auto width = whole_number(text.substr(0, by), 16, 7680);
    const auto height = whole_number(by == std::string_view::npos ? "" : text.substr(by + 1), 16, 4320);
    if (!width || !height || *width % 2 != 0 || *height % 2 != 0)
        return invalid(fmt::format("size={}: must be 16x16 to 7680x4320, both even", text));
    video.width = *width;
    video.height = *height;
    return ok();
}

Result<std::vector<CameraSpec>> parse_cameras(std::string_view text) {
    const std::size_t colon = text.find(':');
    std::string_view name = text.substr(0, colon);
    std::optional<int> count;
    if (const std::size_t star = name.find('*'); star != std::string_view::npos) {
        count = whole_number(name.substr(star + 1), 1, max_cameras_per_argument);
        if (!count)
            return invalid(
                fmt::format("'{}': the count after * must be 1 to {}", text, max_cameras_per_argument));
        name = name.substr(0, star);
    }
    if (!valid_name(name))
        return invalid(fmt::format("'{}': a name has letters, digits and _ - . /, as in site/door1", text));

    auto camera = parse_keys(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
    if (!camera) return invalid(fmt::format("camera '{}': {}", name, camera.error().message));

    std::vector<CameraSpec> cameras(static_cast<std::size_t>(count.value_or(1)), *camera);
    for (std::size_t i = 0; i < cameras.size(); ++i)
        cameras[i].name = count ? fmt::format("{}{}", name, i + 1) : std::string(name);
    return cameras;
}

std::vector<CameraSpec> demo_cameras() {
    CameraSpec aac{"cam1", {}, {AudioCodec::aac, 48000}};
    CameraSpec g711{"cam2", {}, {AudioCodec::pcmu, 8000}};
    CameraSpec silent{"cam3", {}, {}};
    silent.video.gop_frames = 4 * silent.video.fps;
    CameraSpec h265{"cam4", {}, {AudioCodec::aac, 48000}};
    h265.video.codec = VideoCodec::h265;
    return {aac, g711, silent, h265};
}

}  // namespace rill::camera
