// Sessions of a path whose camera is down.
#include "replay_loader.hpp"
#include "test_steering_rig.hpp"

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

TEST_CASE("recordings of a camera that is down are shown, and what is live once it is back", "[steering]") {
    Rig rig({.online = false});
    const auto id = rig.recordings.add(0, {.parts = 3});
    rig.open(Recorded{at_us(1), *formats_of(rig.archive.segment(id))});
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
    CHECK_FALSE(rig.position().live);
    CHECK(begins_recorded(rig.wire->all().front()));
    REQUIRE(rig.await_with_camera([&] { return rig.position().live; }));
    // Its last picture stays until there is another one.
    CHECK(rig.last_report().live);
    CHECK(rig.position().time_us == at_us(2.96));
    CHECK(position_of(rig.live()).time_us == at_us(2.96));
    CHECK(rig.host.links() == 0);
    const std::size_t before = rig.wire->size();

    SECTION("in the same codec") {
        rig.bring_camera(h264_format());
        rig.await_packets(30);
        CHECK(begins_live(rig.wire->all().at(before)));
        CHECK(seconds_off(rig.position().time_us, utc_now_us()) < 5);
    }
    SECTION("in another codec") {
        auto other = std::make_shared<Format>(*h264_format());
        other->codec = Codec::h265;
        rig.bring_camera(other);
        CHECK(rig.directory->of("cam1").empty());
    }
    SECTION("while a recording is shown") {
        CHECK_FALSE(position_of(rig.seek(1, false)).live);
        CHECK_FALSE(position_of(rig.speed(0, false)).live);
        const std::size_t held = rig.wire->size();
        rig.bring_camera(h264_format());
        REQUIRE(rig.await_with_camera([&] { return rig.sequence > 30; }));
        CHECK(rig.wire->size() == held);
        CHECK(position_of(rig.live()).live);
        rig.await_packets(5);
        CHECK(begins_live(rig.wire->all().at(held)));
    }
    check_stream(rig.wire->all());
}

TEST_CASE("sound that was recorded once does not keep a viewer from a camera without", "[steering]") {
    Rig rig({.online = false});
    const auto id = rig.recordings.add(0, {.parts = 1, .sound = true});
    rig.open(Recorded{at_us(0), *formats_of(rig.archive.segment(id))});
    REQUIRE(rig.await_with_camera([&] { return rig.position().live; }));
    rig.bring_camera(h264_format());
    rig.await_packets(30);
    CHECK(std::ranges::any_of(rig.wire->all(), begins_live));
    CHECK(rig.directory->of("cam1").size() == 1);
}

TEST_CASE("of a path that was never online there is nothing without a format", "[steering]") {
    Rig rig({.online = false});
    for (const auto& recorded : {std::optional<Recorded>(), std::optional(Recorded{at_us(1)})}) {
        const auto opened = rig.host.run([&] {
            return rig.sink.open(chromium_offer(), std::make_shared<TestReader>(), {},
                                 Wanted{.recorded = recorded});
        });
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == Code::unavailable);
    }
}

TEST_CASE("a file that cannot be read is why a session of a camera that is down cannot begin", "[steering]") {
    Rig rig({.online = false});
    RecordedSegment segment = rig.archive.segment(rig.recordings.add(0, {.parts = 1}));
    const auto refusal = [&] {
        const auto opened = rig.host.run([&] {
            return rig.sink.open(chromium_offer(), std::make_shared<TestReader>(), {},
                                 Wanted{.recorded = Recorded{at_us(0), formats_of(segment)}});
        });
        REQUIRE_FALSE(opened);
        return opened.error();
    };
    SECTION("deleted") {
        segment.file = "/nowhere/00.mp4";
        CHECK(refusal().code == Code::not_found);
        CHECK_THAT(refusal().message, Catch::Matchers::StartsWith("the recording 00.mp4 cannot be opened"));
    }
    SECTION("not for playing") {
        segment.file = "/nowhere/00.mkv";
        segment.container = Container::matroska;
        CHECK(refusal().message == "the recording 00.mkv is mkv (recordFormat); only fmp4 is played by time");
    }
}
