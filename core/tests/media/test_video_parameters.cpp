#include "catch.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/formats.hpp>

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

using namespace rill;
using namespace rill::test;

namespace {

constexpr std::uint8_t h264_sps_header = 0x67;
constexpr unsigned high = 100;
constexpr unsigned baseline = 66;

/// An H.264 SPS up to pic_order_cnt_type, 4:2:0 of 8 bits.
BitWriter h264_start(unsigned profile, unsigned constraints, unsigned level) {
    BitWriter sps;
    sps.bits(profile, 8).bits(constraints, 8).bits(level, 8).ue(0);
    if (profile >= high) sps.ue({1, 0, 0}).flags("00");
    sps.ue(0);
    return sps;
}

/// The rest after the picture order: 1920x1080 in 120 by 68 macroblocks. `vui` is empty or starts with its
/// flag.
BitWriter& h264_full_hd(BitWriter& sps) {
    return sps.ue(4).flag(false).ue({119, 67}).flag(true).flag(true).flag(true).ue({0, 0, 0, 4});
}

ByteVector h264_plain(unsigned profile, unsigned constraints, unsigned level) {
    BitWriter sps = h264_start(profile, constraints, level).ue({0, 0});
    return avcc(h264_full_hd(sps).flag(false).nal({h264_sps_header}));
}

constexpr std::initializer_list<std::uint8_t> h265_sps_header{0x42, 0x01};

/// An H.265 SPS up to and with the general level: Main, tier L, level 3.1, progressive and frame only.
BitWriter h265_start(unsigned sub_layers_minus1 = 0) {
    BitWriter sps;
    sps.bits(0, 4).bits(sub_layers_minus1, 3).flag(true);
    sps.bits(0, 2).flag(false).bits(1, 5).bits(0x60000000, 32).bits(0x90, 8).bits(0, 40).bits(93, 8);
    return sps;
}

/// 1280x720 in 4:2:0 of 8 bits, and sps_max_num_reorder_pics.
BitWriter& h265_hd(BitWriter& sps, unsigned reorder = 0) {
    return sps.ue({0, 1, 1280, 720}).flag(false).ue({0, 0, 4}).flag(true).ue({4, reorder, 0});
}

/// The coding tools without any of the optional ones, up to the VUI flag.
BitWriter& h265_plain_tools(BitWriter& sps) {
    return sps.ue({0, 3, 0, 3, 0, 0}).flags("0110").ue(0).flags("011");
}

/// VUI of H.265 with timing only.
BitWriter& h265_vui(BitWriter& sps, std::uint32_t units_in_tick, std::uint32_t time_scale) {
    return sps.flag(true)
        .flags("00000000")
        .flag(true)
        .bits(units_in_tick, 32)
        .bits(time_scale, 32)
        .flags("000");
}

}  // namespace

TEST_CASE("an H.264 SPS of a camera gives size, rate, profile, level and codec string") {
    BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
    h264_full_hd(sps).flag(true);
    sps.flags("0000").flag(true).bits(1, 32).bits(50, 32).flag(true);  // timing
    sps.flags("000").flag(true).flag(true).ue({0, 0, 10, 10, 2, 4});   // reordering
    const ByteVector nal = sps.nal({h264_sps_header});
    const ByteVector emulated{0, 0, 3};
    REQUIRE(std::search(nal.begin(), nal.end(), emulated.begin(), emulated.end()) != nal.end());

    const auto video = parse_h264_config(avcc(nal));
    REQUIRE(video);
    CHECK(video->width == 1920);
    CHECK(video->height == 1080);
    CHECK(video->frame_rate == 25);
    CHECK(video->profile == "High");
    CHECK(video->level == "4");
    CHECK(video->codec_string == "avc1.640028");
    CHECK(video->aspect_width == 1);
    CHECK(video->reorder_frames == 2U);
}

TEST_CASE("an H.264 VUI without reordered frames wins over the profile") {
    BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
    h264_full_hd(sps).flag(true);
    sps.flags("0000").flag(false).flags("000").flag(true).flag(true).ue({0, 0, 10, 10, 0, 4});
    CHECK(parse_h264_config(avcc(sps.nal({h264_sps_header})))->reorder_frames == 0U);
}

TEST_CASE("H.264 profiles and levels") {
    CHECK(parse_h264_config(h264_plain(baseline, 0xC0, 31))->codec_string == "avc1.42c01f");
    CHECK(parse_h264_config(h264_plain(baseline, 0xC0, 31))->profile == "Baseline");
    CHECK(parse_h264_config(h264_plain(77, 0, 41))->profile == "Main");
    CHECK(parse_h264_config(h264_plain(77, 0, 41))->level == "4.1");
    CHECK(parse_h264_config(h264_plain(77, 0x10, 11))->level == "1b");
    CHECK(parse_h264_config(h264_plain(high, 0x10, 11))->level == "1.1");
    CHECK(parse_h264_config(h264_plain(high, 0, 9))->level == "1b");
    CHECK(parse_h264_config(h264_plain(255, 0, 51))->profile.empty());
}

TEST_CASE("whether H.264 without a VUI has no B-frames") {
    CHECK_FALSE(parse_h264_config(h264_plain(high, 0, 40))->reorder_frames);
    CHECK(parse_h264_config(h264_plain(baseline, 0, 40))->reorder_frames == 0U);
    CHECK(parse_h264_config(h264_plain(high, 0x10, 40))->reorder_frames == 0U);
    BitWriter display_order = h264_start(high, 0, 40).ue(2);
    CHECK(parse_h264_config(avcc(h264_full_hd(display_order).flag(false).nal({h264_sps_header})))
              ->reorder_frames == 0U);
}

TEST_CASE("an interlaced H.264 SPS counts fields and crops in units of two lines") {
    BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
    sps.ue(4)
        .flag(false)
        .ue({119, 33})
        .flag(false)
        .flag(true)
        .flag(true)
        .flag(true)
        .ue({0, 0, 0, 2})
        .flag(false);
    const auto video = parse_h264_config(avcc(sps.nal({h264_sps_header})));
    REQUIRE(video);
    CHECK(video->height == 1080);
}

TEST_CASE("an H.264 SPS with scaling lists, picture order cycles and HRD parameters is read to its end") {
    BitWriter sps;
    sps.bits(high, 8).bits(0, 8).bits(40, 8).ue(0).ue({1, 0, 0}).flag(false).flag(true);
    sps.flag(true).se(-8);  // the default list: ends at once
    sps.flag(true);
    for (int i = 0; i < 16; ++i)
        sps.se(i % 2 == 0 ? 3 : -1);
    sps.flags("0000");
    sps.flag(true);
    for (int i = 0; i < 64; ++i)
        sps.se(1);
    sps.flag(false).ue(0);
    sps.ue(1).flag(false).se(-2).se(1).ue(3).se(1).se(-4).se(2);  // pic_order_cnt_type 1
    h264_full_hd(sps).flag(true);
    sps.flag(true).bits(255, 8).bits(4, 16).bits(3, 16);  // extended aspect ratio
    sps.flags("11").flag(true).bits(5, 3).flag(false).flag(true).bits(0x010101, 24);
    sps.flag(true).ue({1, 1});
    sps.flag(true).bits(1001, 32).bits(60000, 32).flag(true);
    sps.flag(true).ue(1).bits(0, 8).ue({7, 7}).flag(true).ue({9, 9}).flag(false).bits(0, 20);
    sps.flag(true).ue(0).bits(0, 8).ue({7, 7}).flag(true).bits(0, 20);
    sps.flag(false).flag(true).flag(true).flag(true).ue({0, 0, 10, 10, 1, 4});
    const auto video = parse_h264_config(avcc(sps.nal({h264_sps_header})));
    REQUIRE(video);
    CHECK(video->width == 1920);
    CHECK(video->aspect_width == 4);
    CHECK(video->aspect_height == 3);
    CHECK(video->frame_rate == 60000.0 / 2002);
    CHECK(video->reorder_frames == 1U);
}

TEST_CASE("an H.264 VUI with one kind of HRD parameters is read to its end") {
    for (const char* present : {"10", "01"}) {
        BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
        h264_full_hd(sps).flag(true).flags("00000");
        for (const char kind : std::string_view(present)) {
            sps.flag(kind == '1');
            if (kind == '1') sps.ue(0).bits(0, 8).ue({7, 7}).flag(true).bits(0, 20);
        }
        sps.flags("00").flag(true).flag(true).ue({0, 0, 10, 10, 0, 4});
        CHECK(parse_h264_config(avcc(sps.nal({h264_sps_header})))->reorder_frames == 0U);
    }
}

TEST_CASE("sample aspect ratios by index") {
    const auto aspect = [](unsigned index) {
        BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
        h264_full_hd(sps).flag(true).flag(true).bits(index, 8).flags("00000000");
        const auto video = parse_h264_config(avcc(sps.nal({h264_sps_header})));
        return std::pair(video->aspect_width, video->aspect_height);
    };
    CHECK(aspect(0) == std::pair(1, 1));
    CHECK(aspect(1) == std::pair(1, 1));
    CHECK(aspect(2) == std::pair(12, 11));
    CHECK(aspect(3) == std::pair(10, 11));
    CHECK(aspect(4) == std::pair(16, 11));
    CHECK(aspect(5) == std::pair(40, 33));
    CHECK(aspect(9) == std::pair(80, 33));
    CHECK(aspect(13) == std::pair(160, 99));
    CHECK(aspect(14) == std::pair(4, 3));
    CHECK(aspect(16) == std::pair(2, 1));
    CHECK(aspect(17) == std::pair(1, 1));
}

TEST_CASE("impossible H.264 parameter sets are refused") {
    const auto sized = [](std::uint64_t width, std::uint64_t height,
                          std::initializer_list<std::uint64_t> crop) {
        BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
        sps.ue(4).flag(false).ue({width, height}).flag(true).flag(true).flag(true).ue(crop).flag(false);
        return parse_h264_config(avcc(sps.nal({h264_sps_header})));
    };
    REQUIRE(sized(119, 67, {0, 0, 0, 4}));
    CHECK_FALSE(sized(0xFFFFFFFE, 67, {0, 0, 0, 4}));
    CHECK_FALSE(sized(119, 1024, {0, 0, 0, 4}));
    CHECK_FALSE(sized(119, 67, {480, 480, 0, 0}));
    CHECK_FALSE(sized(119, 67, {0xFFFFFFFE, 0xFFFFFFFE, 0, 0}));

    BitWriter endless_cycle = h264_start(high, 0, 40).ue(1);
    endless_cycle.flag(false).se(0).se(0).ue(0xFFFFFFFE);
    CHECK_FALSE(parse_h264_config(avcc(endless_cycle.nal({h264_sps_header}))));
}

TEST_CASE("a broken VUI costs its contents only, and an absurd rate is no rate") {
    BitWriter cut = h264_start(high, 0, 40).ue({0, 0});
    h264_full_hd(cut).flag(true).flags("0000").flag(true).bits(1, 32);
    const auto video = parse_h264_config(avcc(cut.nal({h264_sps_header})));
    REQUIRE(video);
    CHECK(video->width == 1920);
    CHECK(video->frame_rate == 0);

    for (const auto& [units, scale] : {std::pair{1U, 180000U}, std::pair{0U, 50U}, std::pair{1U, 0U}}) {
        BitWriter sps = h264_start(high, 0, 40).ue({0, 0});
        h264_full_hd(sps).flag(true).flags("0000").flag(true).bits(units, 32).bits(scale, 32).flags("00000");
        CHECK(parse_h264_config(avcc(sps.nal({h264_sps_header})))->frame_rate == 0);
    }
}

TEST_CASE("avcC records without PPS, with short lengths or another version are refused") {
    const ByteVector good = h264_plain(high, 0, 40);
    REQUIRE(parse_h264_config(good));
    ByteVector other_version = good;
    other_version[0] = 0;
    CHECK_FALSE(parse_h264_config(other_version));
    ByteVector short_lengths = good;
    short_lengths[4] = 0xFD;
    CHECK_FALSE(parse_h264_config(short_lengths));
    for (std::size_t size = 0; size < good.size(); ++size) {
        INFO(size);
        CHECK_FALSE(parse_h264_config(std::span(good).first(size)));
    }
}

TEST_CASE("an H.265 SPS of a camera gives size, rate, profile, level and codec string") {
    BitWriter sps = h265_start();
    sps.ue({0, 1, 1920, 1088}).flag(true).ue({0, 0, 0, 4}).ue({0, 0, 4}).flag(true).ue({4, 2, 0});
    h265_vui(h265_plain_tools(sps), 1001, 30000);
    const auto video = parse_h265_config(hvcc(sps.nal(h265_sps_header)));
    REQUIRE(video);
    CHECK(video->width == 1920);
    CHECK(video->height == 1080);
    CHECK(video->frame_rate == 30000.0 / 1001);
    CHECK(video->profile == "Main");
    CHECK(video->level == "3.1");
    CHECK(video->codec_string == "hvc1.1.6.L93.90");
    CHECK(video->reorder_frames == 2U);
}

TEST_CASE("an H.265 SPS with every optional part is read to its end") {
    BitWriter sps = h265_start(2);
    sps.flags("10").flags("11").bits(0, 12).bits(0, 44).bits(0, 44).bits(0, 44).bits(0, 44).bits(60, 8);
    sps.ue({0, 1, 1280, 720}).flag(false).ue({0, 0, 4}).flag(true).ue({4, 0, 0}).ue({4, 1, 0}).ue({4, 2, 0});
    sps.ue({0, 3, 0, 3, 0, 0});
    sps.flag(true).flag(true);  // scaling lists
    for (int size = 0; size < 4; ++size) {
        for (int matrix = 0; matrix < (size == 3 ? 2 : 6); ++matrix) {
            if (matrix % 2 == 1) {
                sps.flag(false).ue(1);
                continue;
            }
            sps.flag(true);
            if (size > 1) sps.se(4);
            for (int i = 0; i < (size == 0 ? 16 : 64); ++i)
                sps.se(i % 3 - 1);
        }
    }
    sps.flags("11").flag(true).bits(0x77, 8).ue({0, 2}).flag(true);  // amp, sao, pcm
    sps.ue(3);                                                       // reference picture sets
    sps.ue({2, 1}).ue(0).flag(true).ue(1).flag(true).ue(0).flag(true);
    sps.flag(true).flag(false).ue(0).flag(true).flags("00").flags("01").flag(true);
    sps.flag(true).flag(true).ue(3).flags("1111");
    sps.flag(true).ue(1).bits(9, 8).flag(true);  // one long-term picture
    sps.flags("11");
    sps.flag(true).flag(true).bits(14, 8).flags("000").flags("000").flag(true).ue({0, 0, 8, 8});
    sps.flag(true).bits(1, 32).bits(50, 32).flags("000");
    const auto video = parse_h265_config(hvcc(sps.nal(h265_sps_header), 3));
    REQUIRE(video);
    CHECK(video->width == 1280);
    CHECK(video->aspect_width == 4);
    CHECK(video->aspect_height == 3);
    CHECK(video->frame_rate == 50);
    CHECK(video->reorder_frames == 2U);
}

TEST_CASE(
    "H.265 codec strings leave out trailing zero constraint bytes and reverse the compatibility flags") {
    const auto codec_string = [](std::uint64_t tier_and_profile, std::uint32_t compatibility,
                                 std::uint64_t constraints, unsigned level) {
        BitWriter sps;
        sps.bits(0, 4).bits(0, 3).flag(true);
        sps.bits(tier_and_profile, 8).bits(compatibility, 32).bits(constraints, 48).bits(level, 8);
        h265_hd(sps);
        return parse_h265_config(hvcc(h265_plain_tools(sps).flag(false).nal(h265_sps_header)))->codec_string;
    };
    CHECK(codec_string(0x01, 0x60000000, 0xB00000000000, 93) == "hvc1.1.6.L93.B0");
    CHECK(codec_string(0x22, 0x20000000, 0xB00000000000, 150) == "hvc1.2.4.H150.B0");
    CHECK(codec_string(0x44, 0x08000000, 0x9D0800000000, 120) == "hvc1.A4.10.L120.9D.8");
    CHECK(codec_string(0x01, 0x60000000, 0, 93) == "hvc1.1.6.L93");
    CHECK(codec_string(0x01, 0x60000000, 0x900000000001, 93) == "hvc1.1.6.L93.90.0.0.0.0.1");
}

TEST_CASE("impossible H.265 parameter sets are refused") {
    BitWriter wide = h265_start();
    wide.ue({0, 1, 0xFFFFFFFE, 720}).flag(false).ue({0, 0, 4}).flag(true).ue({4, 0, 0});
    CHECK_FALSE(parse_h265_config(hvcc(h265_plain_tools(wide).flag(false).nal(h265_sps_header))));

    BitWriter many_sets = h265_start();
    h265_hd(many_sets).ue({0, 3, 0, 3, 0, 0}).flags("0110").ue(0xFFFFFFFE);
    const auto video = parse_h265_config(hvcc(many_sets.nal(h265_sps_header)));
    REQUIRE(video);
    CHECK(video->width == 1280);
    CHECK(video->frame_rate == 0);

    BitWriter good = h265_start();
    const ByteVector record = hvcc(h265_plain_tools(h265_hd(good)).flag(false).nal(h265_sps_header));
    REQUIRE(parse_h265_config(record));
    for (std::size_t size = 0; size < record.size(); ++size) {
        INFO(size);
        CHECK_FALSE(parse_h265_config(std::span(record).first(size)));
    }
}

TEST_CASE("mutated parameter sets never crash, and what is accepted is within bounds") {
    BitWriter h264 = h264_start(high, 0, 40).ue({0, 0});
    h264_full_hd(h264).flag(true).flags("0000").flag(true).bits(1, 32).bits(50, 32).flags("10000");
    BitWriter h265 = h265_start();
    h265_vui(h265_plain_tools(h265_hd(h265)), 1, 25);
    const ByteVector avc = avcc(h264.nal({h264_sps_header}));
    const ByteVector hevc = hvcc(h265.nal(h265_sps_header));

    std::mt19937 random(20240101);
    const auto mutated = [&random](ByteVector record) {
        const std::size_t changes = 1 + random() % 8;
        for (std::size_t i = 0; i < changes; ++i)
            record[random() % record.size()] = static_cast<std::uint8_t>(random());
        if (random() % 4 == 0) record.resize(random() % record.size());
        return record;
    };
    int accepted = 0;
    const auto check = [&accepted](const std::optional<VideoParameters>& video) {
        if (!video) return;
        ++accepted;
        REQUIRE((video->width >= 1 && video->width <= 16384));
        REQUIRE((video->height >= 1 && video->height <= 16384));
        REQUIRE((video->frame_rate >= 0 && video->frame_rate <= 1000));
        REQUIRE((video->aspect_width >= 1 && video->aspect_height >= 1));
    };
    for (int i = 0; i < 20000; ++i) {
        check(parse_h264_config(mutated(avc)));
        check(parse_h265_config(mutated(hevc)));
    }
    CHECK(accepted > 1000);
}
