#include "spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace rill::slate {

namespace {

constexpr std::size_t max_url_bytes = 200;
constexpr int pictures_per_second = 5;
constexpr int aac_samples = 1024;       // ISO/IEC 14496-3 §4.5.4
constexpr int packets_per_second = 50;  // RFC 3551 §4.2: 20 ms
constexpr int opus_rate = 48000;        // RFC 7587 §4.1

constexpr std::string_view allowed =
    "h264, h265, opus, aac/RATE/CHANNELS, pcmu/RATE/CHANNELS and pcma/RATE/CHANNELS";
// Those of ISO/IEC 14496-3 table 1.18 that come before a decoder's own doubling of the rate.
constexpr std::array aac_rates{22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000};
constexpr int min_g711_rate = 8000;
constexpr int max_g711_rate = 48000;

Error refused(std::string_view text, std::string_view why) {
    return {Code::invalid_config, fmt::format("source slate: '{}': {}", text, why)};
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// "aac/48000/2" in its parts.
Result<Spec> parse_sound(Codec codec, std::string_view text, std::span<const std::string_view> parts) {
    const auto rate = parts.size() == 3 ? whole_number(parts[1]) : std::nullopt;
    const auto channels = parts.size() == 3 ? whole_number(parts[2]) : std::nullopt;
    if (!rate || !channels)
        return refused(text, fmt::format("the form is {0}/RATE/CHANNELS, as in {0}/48000/2", parts[0]));
    if (codec == Codec::aac && std::find(aac_rates.begin(), aac_rates.end(), *rate) == aac_rates.end())
        return refused(text, fmt::format("the rate is one of {}", fmt::join(aac_rates, ", ")));
    if (codec != Codec::aac && (*rate < min_g711_rate || *rate > max_g711_rate))
        return refused(text, fmt::format("the rate is from {} to {}", min_g711_rate, max_g711_rate));
    if (*channels != 1 && *channels != 2) return refused(text, "there are 1 or 2 channels");
    return Spec{codec, *rate, *channels};
}

Result<Spec> parse_spec(std::string_view text) {
    if (text == "h264") return Spec{Codec::h264};
    if (text == "h265") return Spec{Codec::h265};
    if (text == "opus") return Spec{Codec::opus, opus_rate, 2};
    const auto parts = split(text, '/');
    if (parts[0] == "aac") return parse_sound(Codec::aac, text, parts);
    if (parts[0] == "pcmu") return parse_sound(Codec::pcmu, text, parts);
    if (parts[0] == "pcma") return parse_sound(Codec::pcma, text, parts);
    return refused(text, fmt::format("tracks are {}", allowed));
}

}  // namespace

Pace pace_of(const Spec& spec) {
    if (kind_of(spec.codec) == Kind::video) return {pictures_per_second, 1};
    if (spec.codec == Codec::aac) return {spec.sample_rate, aac_samples};
    return {spec.sample_rate, spec.sample_rate / packets_per_second};
}

Result<std::vector<Spec>> parse_specs(std::string_view url) {
    if (url.size() > max_url_bytes)
        return Error{Code::invalid_config,
                     fmt::format("source slate: the URL is longer than {} bytes", max_url_bytes)};
    // Tracks are told in messages.
    if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return Error{Code::invalid_config, "source slate: the URL holds a control character"};
    std::string_view rest = url.substr(url.find(':') + 1);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    std::vector<Spec> specs;
    for (const std::string_view text : split(rest, ',')) {
        const auto spec = parse_spec(text);
        if (!spec) return spec.error();
        const auto is_same_kind = [&](const Spec& other) {
            return kind_of(other.codec) == kind_of(spec->codec);
        };
        if (std::any_of(specs.begin(), specs.end(), is_same_kind))
            return refused(text,
                           fmt::format("there is one track of {} at most", to_string(kind_of(spec->codec))));
        specs.push_back(*spec);
    }
    return specs;
}

}  // namespace rill::slate
