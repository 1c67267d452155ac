#include "ladder.hpp"

#include <rill/bit_rate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

namespace rill::hls {

namespace {

constexpr int least_height = 16;
constexpr int most_height = 4320;
constexpr std::size_t most_renditions = 8;
constexpr double assumed_rate = 30;

struct Level {
    unsigned idc;               // ten times the level
    std::int64_t rate;          // MaxMBPS, macroblocks a second
    std::int64_t size;          // MaxFS, macroblocks
    std::int64_t kilobits;      // MaxBR, of VCL NAL units
    std::int64_t buffer_kilos;  // MaxCPB, kilobits
};

constexpr std::array levels = {
    Level{10, 1'485, 99, 64, 175},
    Level{11, 3'000, 396, 192, 500},
    Level{12, 6'000, 396, 384, 1'000},
    Level{13, 11'880, 396, 768, 2'000},
    Level{20, 11'880, 396, 2'000, 2'000},
    Level{21, 19'800, 792, 4'000, 4'000},
    Level{22, 20'250, 1'620, 4'000, 4'000},
    Level{30, 40'500, 1'620, 10'000, 10'000},
    Level{31, 108'000, 3'600, 14'000, 14'000},
    Level{32, 216'000, 5'120, 20'000, 20'000},
    Level{40, 245'760, 8'192, 20'000, 25'000},
    Level{42, 522'240, 8'704, 50'000, 62'500},
    Level{50, 589'824, 22'080, 135'000, 135'000},
    Level{51, 983'040, 36'864, 240'000, 240'000},
    Level{52, 2'073'600, 36'864, 240'000, 240'000},
    Level{60, 4'177'920, 139'264, 240'000, 240'000},
    Level{61, 8'355'840, 139'264, 480'000, 480'000},
    Level{62, 16'711'680, 139'264, 800'000, 800'000},
};

std::optional<int> height_in(std::string_view text) {
    int height = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), height);
    if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "p") return std::nullopt;
    if (height < least_height || height > most_height) return std::nullopt;
    return height;
}

std::int64_t macroblocks(int pixels) {
    return (pixels + 15) / 16;
}

}  // namespace

Result<std::vector<int>> read_heights(std::span<const std::string> texts) {
    std::vector<int> heights;
    for (const std::string& text : texts) {
        const auto height = height_in(text);
        if (!height)
            return Error{Code::invalid_config,
                         fmt::format("hlsRenditions: '{}' is not a height from {}p to {}p, such as 720p",
                                     text, least_height, most_height)};
        if (std::ranges::find(heights, *height) != heights.end())
            return Error{Code::invalid_config, fmt::format("hlsRenditions: '{}' is there twice", text)};
        heights.push_back(*height);
    }
    if (heights.size() > most_renditions)
        return Error{Code::invalid_config, fmt::format("hlsRenditions: {} heights; {} are the most",
                                                       heights.size(), most_renditions)};
    std::ranges::sort(heights, std::greater<>());
    return heights;
}

std::vector<Rendition> ladder(const Format& picture, std::span<const int> heights) {
    std::vector<Rendition> rungs;
    if (picture.kind != Kind::video) return rungs;
    if (picture.codec != Codec::h264) rungs.push_back({.codec = Codec::h264});
    for (const int height : heights) {
        if (height < picture.height) rungs.push_back({.codec = Codec::h264, .max_height = height});
    }
    return rungs;
}

std::string name_of(const Rendition& rendition) {
    return rendition.max_height > 0 ? fmt::format("{}p", rendition.max_height) : "h264";
}

std::string baseline_codec_string(const Format& format, int bits_per_second) {
    const std::int64_t width = macroblocks(format.width);
    const std::int64_t height = macroblocks(format.height);
    const double rate = format.frame_rate > 0 ? format.frame_rate : assumed_rate;
    const std::int64_t kilobits = bits_per_second / 1000;
    const auto fits = [&](const Level& level) {
        // Neither side may be longer than sqrt(8 MaxFS) (§A.3.1).
        const std::int64_t longest = std::max(width, height);
        return width * height <= level.size && longest * longest <= 8 * level.size &&
               static_cast<double>(width * height) * rate <= static_cast<double>(level.rate) &&
               kilobits <= std::min(level.kilobits, level.buffer_kilos);
    };
    const auto found = std::ranges::find_if(levels, fits);
    return fmt::format("avc1.42c0{:02x}", found == levels.end() ? levels.back().idc : found->idc);
}

VariantStream describe(const Format& picture, const Rendition& rendition, double frame_rate) {
    const Format format = rendered_format(picture, rendition);
    const int most = most_bits_per_second(format);
    VariantStream variant;
    variant.name = name_of(rendition);
    variant.codecs = baseline_codec_string(format, most);
    variant.width = format.width;
    variant.height = format.height;
    // What the encoder does not know, it does not choose the level by.
    variant.frame_rate = format.frame_rate > 0 ? format.frame_rate : frame_rate;
    // In a segment of one second: what comes in that second, and a buffer that was full.
    variant.peak = 2 * static_cast<std::uint64_t>(most);
    variant.average = static_cast<std::uint64_t>(most);
    return variant;
}

}  // namespace rill::hls
