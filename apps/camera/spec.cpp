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

Result<AudioCodec> parse_audio_codec(std::string_view text) {
    using enum AudioCodec;
    for (const AudioCodec codec : {none, aac, pcmu, pcma, opus})
        if (text == to_string(codec)) return codec;
    return invalid(fmt::format("audio={}: must be none, aac, pcmu, pcma or opus", text));
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
            return 48000;
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

/// The time "gop" depends on "fps", which may come later: it is kept as text until all keys are read.
Result<> set_key(CameraSpec& camera, std::string_view& gop, std::string_view key, std::string_view value) {
    VideoSpec& video = camera.video;
    if (key == "codec") return set_parsed(video.codec, parse_video_codec(value));
    if (key == "size") return parse_size(value, video);
    if (key == "fps") return set_number(video.fps, key, value, 1, 120);
    if (key == "bitrate") return set_parsed(video.bitrate_kbit, parse_bitrate_kbit(value));
    if (key == "bframes") return set_number(video.bframes, key, value, 0, 8);
    if (key == "audio") return set_parsed(camera.audio.codec, parse_audio_codec(value));
    if (key == "rate") return set_number(camera.audio.rate, key, value, 8000, 48000);
    if (key == "clock") return set_parsed(camera.clock, parse_switch(key, value));
    if (key == "gop") {
        gop = value;
        return ok();
    }
    if (key == "profile") {
        if (value != "baseline" && value != "main" && value != "high")
            return invalid(fmt::format("profile={}: must be baseline, main or high", value));
        video.profile = value;
        return ok();
    }
    return invalid(fmt::format(
        "unknown key '{}': must be codec, size, fps, gop, bitrate, bframes, profile, audio, rate or clock",
        key));
}

Result<CameraSpec> parse_keys(std::string_view keys) {
    CameraSpec camera;
    std::string_view gop = "1s";
    while (!keys.empty()) {
        const std::string_view pair = keys.substr(0, keys.find(','));
        keys.remove_prefix(std::min(keys.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) return invalid(fmt::format("'{}': must be key=value", pair));
        if (const auto set = set_key(camera, gop, pair.substr(0, equals), pair.substr(equals + 1)); !set)
            return set.error();
    }
    if (const auto set = set_parsed(camera.video.gop_frames, parse_gop_frames(gop, camera.video.fps)); !set)
        return set.error();
    if (camera.audio.rate == 0) camera.audio.rate = default_rate(camera.audio.codec);
    if (const auto checked = check(camera); !checked) return checked.error();
    return camera;
}

Result<> check_audio(const AudioSpec& audio) {
    const auto one_of = [&](std::initializer_list<int> rates) {
        return std::find(rates.begin(), rates.end(), audio.rate) != rates.end();
    };
    switch (audio.codec) {
        case AudioCodec::none:
            return audio.rate == 0 ? ok() : Result<>(invalid("rate: there is no audio"));
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return one_of({8000}) ? ok() : Result<>(invalid("rate: G.711 has 8000"));
        case AudioCodec::opus:
            return one_of({48000}) ? ok() : Result<>(invalid("rate: Opus has 48000"));
        case AudioCodec::aac:
            break;
    }
    if (one_of({8000, 16000, 24000, 32000, 48000})) return ok();
    return invalid(fmt::format("rate={}: AAC has 8000, 16000, 24000, 32000 or 48000", audio.rate));
}

}  // namespace

std::string_view to_string(VideoCodec codec) {
    return codec == VideoCodec::h264 ? "h264" : "h265";
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
    }
    return "none";
}

std::string describe(const VideoSpec& video) {
    return fmt::format("{} {}x{} fps={} gop={} bitrate={}k bframes={} profile={}", to_string(video.codec),
                       video.width, video.height, video.fps, video.gop_frames, video.bitrate_kbit,
                       video.bframes, video.profile);
}

std::string describe(const AudioSpec& audio) {
    return fmt::format("{} rate={}", to_string(audio.codec), audio.rate);
}

Result<VideoCodec> parse_video_codec(std::string_view text) {
    if (text == "h264") return VideoCodec::h264;
    if (text == "h265") return VideoCodec::h265;
    return invalid(fmt::format("codec={}: must be h264 or h265", text));
}

Result<> parse_size(std::string_view text, VideoSpec& video) {
    const std::size_t by = text.find('x');
    const auto width = whole_number(text.substr(0, by), 160, 7680);
    const auto height = whole_number(by == std::string_view::npos ? "" : text.substr(by + 1), 90, 4320);
    if (!width || !height || *width % 8 != 0 || *height % 2 != 0)
        return invalid(fmt::format(
            "size={}: must be 160x90 to 7680x4320, the width a multiple of 8, the height even", text));
    video.width = *width;
    video.height = *height;
    return ok();
}

Result<> check(const CameraSpec& camera) {
    const VideoSpec& video = camera.video;
    if (video.codec == VideoCodec::h265 && !video.profile.empty() && video.profile != "main")
        return invalid(fmt::format("profile={}: H.265 has main", video.profile));
    if (video.profile == "baseline" && video.bframes > 0)
        return invalid("bframes: the baseline profile has no B-frames");
    if (camera.clock && video.bframes > 0)
        return invalid("bframes: a camera with clock=yes encodes without delay, thus without B-frames");
    if (video.bframes > 0 && video.bframes >= video.gop_frames)
        return invalid("bframes: must be fewer than the frames of a GOP");
    return check_audio(camera.audio);
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
