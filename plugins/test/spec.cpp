#include "spec.hpp"

#include <rill/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

namespace rill::test_source {

namespace {

constexpr std::size_t max_url_bytes = 500;
constexpr int max_side = 7680;
constexpr int max_fps = 240;
constexpr int max_gop_frames = 36'000;
constexpr std::int64_t min_bitrate = 10'000;
constexpr std::int64_t max_bitrate = 200'000'000;

// videotestsrc's own names; those whose picture stands still or flickers dangerously are left out.
constexpr std::array<std::string_view, 12> patterns{"smpte",      "smpte75", "snow",     "ball",
                                                    "pinwheel",   "spokes",  "colors",   "circular",
                                                    "zone-plate", "bar",     "gradient", "smpte100"};

Error refused(std::string_view key, std::string_view value, std::string_view allowed) {
    return {Code::invalid_config, fmt::format("source test: {}={}: allowed is {}", key, value, allowed)};
}

std::optional<int> whole_number(std::string_view text, int minimum, int maximum) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return {};
    if (value < minimum || value > maximum) return {};
    return value;
}

Result<> set_size(Spec& spec, std::string_view value) {
    const std::size_t x = value.find('x');
    const auto side = [](std::string_view text) { return whole_number(text, 16, max_side); };
    const auto width = x == std::string_view::npos ? std::nullopt : side(value.substr(0, x));
    const auto height = x == std::string_view::npos ? std::nullopt : side(value.substr(x + 1));
    // 4:2:0 has no odd sides.
    if (!width || !height || *width % 2 != 0 || *height % 2 != 0)
        return refused("size", value, fmt::format("WIDTHxHEIGHT, even, from 16x16 to {0}x{0}", max_side));
    spec.width = *width;
    spec.height = *height;
    return ok();
}

/// Bits per second with the decimal suffixes of encoders: "2M", "500k".
Result<> set_bitrate(Spec& spec, std::string_view value) {
    std::string_view digits = value;
    std::int64_t factor = 1;
    if (digits.ends_with('M')) factor = 1'000'000;
    if (digits.ends_with('k')) factor = 1'000;
    if (factor > 1) digits.remove_suffix(1);
    const auto number = whole_number(digits, 1, static_cast<int>(max_bitrate));
    if (!number || *number * factor < min_bitrate || *number * factor > max_bitrate)
        return refused("bitrate", value, "10k to 200M");
    spec.bitrate = *number * factor;
    return ok();
}

Result<> set_codec(Spec& spec, std::string_view value) {
    if (value != "h264" && value != "h265") return refused("codec", value, "h264, h265");
    spec.video = value == "h264" ? Video::h264 : Video::h265;
    return ok();
}

Result<> set_audio(Spec& spec, std::string_view value) {
    constexpr std::array<std::string_view, 5> names{"none", "opus", "aac", "pcmu", "pcma"};
    const auto name = std::find(names.begin(), names.end(), value);
    if (name == names.end()) return refused("audio", value, fmt::format("{}", fmt::join(names, ", ")));
    spec.audio = static_cast<Audio>(name - names.begin() + 1);
    return ok();
}

Result<> set_number(int& target, std::string_view key, std::string_view value, int minimum, int maximum) {
    const auto number = whole_number(value, minimum, maximum);
    if (!number) return refused(key, value, fmt::format("{} to {}", minimum, maximum));
    target = *number;
    return ok();
}

/// A number of frames, or a time, which needs the frame rate: last.
Result<> set_gop(Spec& spec, std::string_view value) {
    if (const auto frames = whole_number(value, 1, max_gop_frames)) {
        spec.gop = *frames;
        return ok();
    }
    const auto time = parse_duration(value);
    if (time && time->count() > 0) {
        const double frames = std::chrono::duration<double>(*time).count() * spec.fps;
        if (frames >= 1 && frames <= max_gop_frames) {
            spec.gop = static_cast<int>(frames);
            return ok();
        }
    }
    return refused("gop", value,
                   fmt::format("a time such as 1s or a number of frames, up to {} frames", max_gop_frames));
}

Result<> set(Spec& spec, std::string_view key, std::string_view value) {
    if (key == "codec") return set_codec(spec, value);
    if (key == "size") return set_size(spec, value);
    if (key == "bitrate") return set_bitrate(spec, value);
    if (key == "audio") return set_audio(spec, value);
    if (key == "fps") return set_number(spec.fps, key, value, 1, max_fps);
    if (key == "bframes") return set_number(spec.bframes, key, value, 0, 8);
    if (key == "pattern") {
        if (std::find(patterns.begin(), patterns.end(), value) == patterns.end())
            return refused(key, value, fmt::format("{}", fmt::join(patterns, ", ")));
        spec.pattern = value;
        return ok();
    }
    return Error{
        Code::invalid_config,
        fmt::format(
            "source test: unknown key '{}'; known are codec, size, fps, gop, bitrate, bframes, pattern, "
            "audio",
            key)};
}

}  // namespace

Result<Spec> parse_spec(std::string_view url) {
    if (url.size() > max_url_bytes)
        return Error{Code::invalid_config,
                     fmt::format("source test: the URL is longer than {} bytes", max_url_bytes)};
    // Keys and values are told in messages.
    if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return Error{Code::invalid_config, "source test: the URL holds a control character"};
    std::string_view rest = url.substr(url.find(':') + 1);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    if (rest.starts_with('/')) rest.remove_prefix(1);
    if (!rest.empty() && !rest.starts_with('?'))
        return Error{Code::invalid_config, "source test: the form is test://?key=value&key=value"};
    if (!rest.empty()) rest.remove_prefix(1);

    Spec spec;
    std::string_view gop = "1s";
    std::set<std::string_view> keys;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const std::string_view key = pair.substr(0, equals);
        if (equals == std::string_view::npos)
            return Error{Code::invalid_config, fmt::format("source test: '{}' has no value", key)};
        if (!keys.insert(key).second)
            return Error{Code::invalid_config, fmt::format("source test: '{}' is given twice", key)};
        const std::string_view value = pair.substr(equals + 1);
        if (key == "gop") {
            gop = value;
            continue;
        }
        if (const auto done = set(spec, key, value); !done) return done.error();
    }
    if (const auto done = set_gop(spec, gop); !done) return done.error();
    return spec;
}

}  // namespace rill::test_source
