#include "catch.hpp"
#include "ladder.hpp"
#include "testing.hpp"

#include <rill/bit_rate.hpp>

using namespace rill;
using namespace rill::hls;

namespace {

Format picture(Codec codec, int width, int height, double rate = 25) {
    Format format;
    format.codec = codec;
    format.width = width;
    format.height = height;
    format.frame_rate = rate;
    return format;
}

std::string refused(const std::vector<std::string>& texts) {
    const auto heights = read_heights(texts);
    return heights ? "" : heights.error().message;
}

std::vector<std::string> names(const Format& format, const std::vector<int>& heights) {
    std::vector<std::string> names;
    for (const Rendition& rendition : ladder(format, heights))
        names.push_back(name_of(rendition));
    return names;
}

}  // namespace

TEST_CASE("heights are read, and what is none is named") {
    const std::vector<std::string> texts = {"360p", "720p"};
    CHECK(*read_heights(texts) == std::vector<int>{720, 360});
    CHECK(read_heights({})->empty());
    for (const char* bad :
         {"720", "p", "", "auto", "-360p", "0p", "8p", "100000p", "99999999999p", "720pp", "7 20p"}) {
        INFO(bad);
        CHECK(refused({"360p", bad}).starts_with(fmt::format("hlsRenditions: '{}' is not a height", bad)));
    }
    CHECK(refused({"360p", "720p", "360p"}) == "hlsRenditions: '360p' is there twice");
    std::vector<std::string> many;
    for (int height = 100; height < 109; ++height)
        many.push_back(fmt::format("{}p", height));
    CHECK(refused(many) == "hlsRenditions: 9 heights; 8 are the most");
}

TEST_CASE("the ladder has what is smaller, and H.264 of what is not H.264") {
    using Names = std::vector<std::string>;
    CHECK(names(picture(Codec::h264, 1280, 720), {1080, 720, 360}) == Names{"360p"});
    CHECK(names(picture(Codec::h264, 1280, 720), {}).empty());
    CHECK(names(picture(Codec::h265, 1280, 720), {1080, 720, 360}) == Names{"h264", "360p"});
    Format sound;
    sound.kind = Kind::audio;
    sound.codec = Codec::aac;
    CHECK(names(sound, {360}).empty());
}

TEST_CASE("levels are the lowest that do") {
    // ITU-T H.264 table A-1; table A-6 has the greatest rates of usual sizes.
    const auto of = [](int width, int height, double rate, int bits = 100'000) {
        return baseline_codec_string(picture(Codec::h264, width, height, rate), bits);
    };
    CHECK(of(176, 144, 15, 64'000) == "avc1.42c00a");
    CHECK(of(352, 288, 30) == "avc1.42c00d");
    CHECK(of(640, 360, 30) == "avc1.42c01e");
    CHECK(of(1280, 720, 30) == "avc1.42c01f");
    CHECK(of(1280, 720, 60) == "avc1.42c020");
    CHECK(of(1920, 1080, 30) == "avc1.42c028");
    CHECK(of(1920, 1080, 60) == "avc1.42c02a");
    CHECK(of(3840, 2160, 30) == "avc1.42c033");
    // More bits, a long side, and what no level takes.
    CHECK(of(352, 288, 30, 1'500'000) == "avc1.42c014");
    CHECK(of(2048, 16, 1) == "avc1.42c01f");
    CHECK(of(16384, 16384, 120) == "avc1.42c03e");
}

TEST_CASE("what is said of a rendition is what the encoder then makes") {
    for (const auto& [width, height, rate] :
         {std::tuple{320, 180, 10}, {320, 240, 25}, {640, 360, 30}, {1280, 720, 15}, {1920, 1080, 25}}) {
        const Format source = picture(Codec::h265, width, height, rate);
        const VariantStream said = describe(source, {.codec = Codec::h264}, rate);
        INFO(width << "x" << height << " at " << rate);
        CHECK(said.average == static_cast<std::uint64_t>(most_bits_per_second(source)));
        const auto units = hls::testing::encode(
            fmt::format("videotestsrc num-buffers=2 ! video/x-raw,width={},height={},framerate={}/1 ! "
                        "x264enc pass=qual bitrate={} vbv-buf-capacity=1000 speed-preset=superfast "
                        "tune=zerolatency bframes=0 threads=1 ! video/x-h264,profile=constrained-baseline ! "
                        "h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out",
                        width, height, rate, said.average / 1000));
        CHECK(units.front()->format->codec_string == said.codecs);
    }
}
