#include "catch.hpp"
#include "playlist.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

const Names names{"abc", "mp4"};

}  // namespace

TEST_CASE("the playlist of a low-latency stream") {
    Rig rig;
    Camera camera{.format = h264(), .now = seconds(1000)};
    camera.utc_offset_us = 0;
    rig.run(camera, milliseconds(1240));
    const std::string text = media_playlist(*rig.window, names, false, "?session=s1");
    CHECK(text ==
          "#EXTM3U\n"
          "#EXT-X-VERSION:9\n"
          "#EXT-X-TARGETDURATION:4\n"
          "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.600,CAN-SKIP-UNTIL=24\n"
          "#EXT-X-PART-INF:PART-TARGET=0.200\n"
          "#EXT-X-MEDIA-SEQUENCE:0\n"
          "#EXT-X-GAP\n#EXTINF:4.00000,\nabc_seg0.mp4\n"
          "#EXT-X-GAP\n#EXTINF:4.00000,\nabc_seg1.mp4\n"
          "#EXT-X-GAP\n#EXTINF:4.00000,\nabc_seg2.mp4\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_seg3.mp4\",GAP=YES\n"
          "#EXT-X-GAP\n#EXTINF:0.20000,\nabc_seg3.mp4\n"
          "#EXT-X-MAP:URI=\"abc_init0.mp4?session=s1\"\n"
          "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:16:40.000Z\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part0.mp4?session=s1\",INDEPENDENT=YES\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part1.mp4?session=s1\"\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part2.mp4?session=s1\"\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part3.mp4?session=s1\"\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part4.mp4?session=s1\"\n"
          "#EXTINF:1.00000,\n"
          "abc_seg4.mp4?session=s1\n"
          "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:16:41.000Z\n"
          "#EXT-X-PART:DURATION=0.20000,URI=\"abc_part5.mp4?session=s1\",INDEPENDENT=YES\n"
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"abc_part6.mp4?session=s1\"\n");
}

TEST_CASE("the multivariant playlist tells what a player has to know before it starts") {
    Rig rig;
    rig.sound_format = aac();
    Camera camera{.format = h264()};
    rig.run(camera, seconds(5));
    const std::string text = multivariant_playlist(*rig.window, names, 25, {}, "?session=s1");
    INFO(text);
    CHECK(text.starts_with(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH="));
    CHECK(text.find(",AVERAGE-BANDWIDTH=") != std::string::npos);
    CHECK(text.find(fmt::format(",CODECS=\"{},mp4a.40.2\"", h264()->codec_string)) != std::string::npos);
    CHECK(text.find(",RESOLUTION=320x240,FRAME-RATE=25.000\n") != std::string::npos);
    CHECK(text.ends_with("\nabc_stream.m3u8?session=s1\n"));
}

TEST_CASE("independence is claimed only as long as it is true") {
    Rig rig;
    Camera camera{.format = h264(), .gop = 1000};
    rig.run(camera, seconds(4));
    CHECK(multivariant_playlist(*rig.window, names, 25, {}, "").find("INDEPENDENT") != std::string::npos);
    rig.run(camera, seconds(4));
    CHECK(multivariant_playlist(*rig.window, names, 25, {}, "").find("INDEPENDENT") == std::string::npos);
}

TEST_CASE("a delta update leaves out what lies before the Skip Boundary") {
    // Thirty segments of a second, so that some are older than six target durations.
    Window window(WindowRules{seconds(2), milliseconds(200), 30, 1 << 20, 0});
    const auto init = std::make_shared<const Init>();
    std::int64_t utc = 1'700'000'000'000'000;
    for (int i = 0; i < 31; ++i) {
        window.open({init, utc += 1'000'000, false, true});
        for (int part = 0; part < (i < 30 ? 5 : 2); ++part)
            window.append(milliseconds(200), part == 0, {});
    }
    const Playlist whole(media_playlist(window, names, false, ""));
    const Playlist delta(media_playlist(window, names, true, ""));
    CHECK(whole.entries.size() == 31);
    REQUIRE(delta.skipped == 18);
    CHECK(delta.header.at("#EXT-X-MEDIA-SEQUENCE") == whole.header.at("#EXT-X-MEDIA-SEQUENCE"));
    double left = 0;
    for (const auto& entry : delta.entries) {
        const auto* same = whole.find(entry.sequence);
        REQUIRE(same != nullptr);
        CHECK(entry.uri == same->uri);
        CHECK(entry.date == same->date);
        CHECK(entry.map == same->map);
        CHECK(entry.parts.size() == same->parts.size());
        left += std::max(entry.duration, entry.parts_duration);
    }
    CHECK(left >= 12.0);
    // Parts are listed for three target durations.
    std::size_t parts = 0;
    for (const auto& entry : whole.entries)
        parts += entry.parts.size();
    CHECK(parts == 30);
}

TEST_CASE("nothing to skip is a full playlist") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(10));
    CHECK(media_playlist(*rig.window, names, true, "") == media_playlist(*rig.window, names, false, ""));
}
