// Sessions that are steered: from live to recordings and back, in one stream of packets.
#include "test_steering_rig.hpp"

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

TEST_CASE("live, back, faster, slower, held, into a gap, and live again, in one stream", "[steering]") {
    Rig rig;
    rig.recordings.add(0, {.parts = 60});
    rig.recordings.add(500, {.parts = 60});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
    CHECK(rig.last_report().live);
    CHECK(seconds_off(rig.position().time_us, utc_now_us()) < 5);

    std::size_t before = rig.wire->size();
    const Position back = position_of(rig.seek(10.5));
    CHECK_FALSE(back.live);
    CHECK(back.time_us == at_us(10.5));
    rig.await_packets(20);
    auto packets = rig.wire->all();
    const auto first =
        std::find_if(packets.begin() + static_cast<std::ptrdiff_t>(before), packets.end(), begins_recorded);
    REQUIRE(first != packets.end());
    CHECK(std::none_of(first, packets.end(), begins_live));
    CHECK(rig.last_report().time_us >= at_us(10.5));

    CHECK(position_of(rig.speed(4)).rate == 4);
    rig.await_packets(20);
    CHECK(position_of(rig.speed(0.5)).rate == 0.5);
    rig.await_packets(5);
    const Position held = position_of(rig.speed(0));
    CHECK(held.rate == 0);
    CHECK(position_of(rig.step(1)).time_us == held.time_us + 40'000);
    CHECK(position_of(rig.step(-1)).time_us == held.time_us);
    CHECK(position_of(rig.seek(20)).rate == 0);
    CHECK(rig.position().time_us == at_us(20));
    CHECK(position_of(rig.speed(1)).rate == 1);
    rig.await_packets(5);

    CHECK(position_of(rig.seek(100)).time_us == at_us(500));
    rig.await_packets(5);
    CHECK(position_of(rig.speed(-8)).rate == -8);
    rig.await_packets(2);

    before = rig.wire->size();
    CHECK(position_of(rig.live()).live);
    rig.await_packets(30);
    packets = rig.wire->all();
    CHECK(std::any_of(packets.begin() + static_cast<std::ptrdiff_t>(before), packets.end(), begins_live));
    CHECK(rig.last_report().live);
    CHECK(rig.last_report().rate == 1);
    check_stream(rig.wire->all());
    CHECK(rig.host.links() == 1);
}

TEST_CASE("the end of what is recorded is followed by live", "[steering]") {
    Rig rig;
    rig.recordings.add(0, {.parts = 3});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
    CHECK_FALSE(position_of(rig.seek(2)).live);
    CHECK(position_of(rig.speed(4)).rate == 4);
    REQUIRE(rig.await_with_camera([&] { return rig.position().live; }));
    const auto packets = rig.wire->all();
    rig.await_packets(20);
    CHECK(rig.last_report().live);
    check_stream(rig.wire->all());
}

TEST_CASE("what is live can be held, and goes on where it was held once that is recorded", "[steering]") {
    Rig rig;
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
    const Position held = position_of(rig.speed(0));
    CHECK_FALSE(held.live);
    CHECK(held.rate == 0);
    CHECK(seconds_off(held.time_us, utc_now_us()) < 5);
    const std::size_t before = rig.wire->size();
    const std::uint64_t pictures = rig.sequence;
    REQUIRE(rig.await_with_camera([&] { return rig.sequence > pictures + 10; }));
    CHECK(rig.wire->size() == before);
    CHECK(rig.position().time_us == held.time_us);

    SECTION("nothing was recorded: live") {
        CHECK(position_of(rig.speed(1)).live);
        rig.await_packets(5);
    }
    SECTION("it was recorded") {
        const double start = static_cast<double>(held.time_us - at_us(0)) / 1e6 - 1.5;
        rig.recordings.add(start, {.parts = 20});
        const Position on = position_of(rig.speed(1));
        CHECK_FALSE(on.live);
        CHECK(on.time_us == held.time_us);
        rig.await_packets(5);
        CHECK(begins_recorded(rig.wire->all().at(before)));
        // The picture that is shown at once is the one that was held.
        CHECK(seconds_off(rig.position().time_us, held.time_us) < 10);
    }
    check_stream(rig.wire->all());
}

TEST_CASE("the time of what is live is the picture's, not that of newer sound", "[steering]") {
    Rig rig({.sound = true});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
    rig.camera_runs = false;
    const std::int64_t shown_us = utc_now_us();
    rig.publish(0, make_unit(h264_format(), rig.sequence + 1, running_time(), true, 200), shown_us);
    const std::size_t before = rig.wire->size();
    rig.publish(1, make_unit(rig.host.tracks[1].format, 1, running_time(), true, 160), shown_us + 15'000);
    REQUIRE(rig.wire->size() == before + 1);
    CHECK(rig.position().time_us == shown_us);
    CHECK(position_of(rig.speed(0)).time_us == shown_us);
}

TEST_CASE("what cannot be shown is refused, and what is shown goes on", "[steering]") {
    SECTION("no archive") {
        Rig rig({.has_archive = false});
        rig.open();
        REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
        CHECK(refusal_of(rig.seek(1)).error.code == Code::unavailable);
        CHECK(position_of(rig.live()).live);
    }
    SECTION("not connected") {
        Rig rig({.connects = false});
        rig.open();
        CHECK(refusal_of(rig.seek(1)).error.code == Code::unavailable);
    }
    SECTION("nothing recorded") {
        Rig rig;
        rig.recordings.add(0, {.parts = 3});
        rig.open();
        REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
        // With a camera that runs, what comes after the recording is what is live.
        CHECK(position_of(rig.seek(1000)).live);
        const Refusal refused = refusal_of(rig.seek(1000, false));
        CHECK(refused.error.code == Code::not_found);
        CHECK(refused.of_time);
        CHECK(refused.before_us == at_us(3));
        Json message = Json::object();
        add_neighbours(message, refused);
        CHECK(message.dump().find(R"("after":null)") != std::string::npos);
        CHECK(rig.position().live);
        CHECK(position_of(rig.speed(1)).live);
        CHECK(position_of(rig.speed(8)).live);
        CHECK(refusal_of(rig.speed(0.5)).error.code == Code::not_found);
        rig.await_packets(5);
    }
    SECTION("an index that cannot be read") {
        Rig rig;
        rig.recordings.add(0, {.parts = 3});
        rig.archive.refuse({Code::unavailable, "locked"});
        rig.open();
        REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
        CHECK(refusal_of(rig.seek(1)).error.message == "locked");
        CHECK(rig.position().live);
        rig.await_packets(5);
        check_stream(rig.wire->all());
    }
}

TEST_CASE("a session can begin with what was recorded", "[steering]") {
    Rig rig;
    rig.recordings.add(0, {.parts = 30});
    SECTION("there") {
        rig.open(Recorded{at_us(5)});
        REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 30; }));
        const auto packets = rig.wire->all();
        CHECK(begins_recorded(packets.front()));
        CHECK(std::none_of(packets.begin(), packets.end(), begins_live));
        CHECK_FALSE(rig.position().live);
        CHECK(rig.position().time_us >= at_us(5));
    }
    SECTION("or live, when it is gone by then") {
        rig.open(Recorded{at_us(500)});
        REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 10; }));
        CHECK(begins_live(rig.wire->all().front()));
        CHECK(rig.position().live);
    }
}

TEST_CASE("a speed on the way to a beginning at which nothing is recorded leads to live", "[steering]") {
    Rig rig;
    std::promise<void> gate;
    rig.archive.read("cam1", [opened = gate.get_future().share()](ArchiveView&) { opened.wait(); });
    rig.open(Recorded{at_us(5)});
    std::optional<Outcome> said;  // touched on the path's loop
    REQUIRE(await([&] {
        return rig.host.run([&] {
            said.reset();
            rig.session->steer({.kind = Command::Kind::speed, .rate = -1},
                               [&](const Outcome& outcome) { said = outcome; });
            return !said;  // else it was not connected yet
        });
    }));
    gate.set_value();
    REQUIRE(rig.await_with_camera([&] { return rig.host.run([&] { return said.has_value(); }); }));
    CHECK(position_of(*said).live);
    rig.await_packets(5);
}

TEST_CASE("a viewer who holds the picture stays, one who has vanished does not", "[steering]") {
    Rig rig({.silence_timeout = 300ms});
    rig.recordings.add(0, {.parts = 30});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
    position_of(rig.seek(5));
    position_of(rig.speed(0));
    const std::size_t before = rig.wire->size();
    // Three times as long: nothing is sent, but the viewer's reports come.
    const Nanoseconds held_at = running_time();
    REQUIRE(rig.await_with_camera([&] { return running_time() > held_at + 900ms; }));
    CHECK(rig.wire->size() == before);
    CHECK(rig.directory->of("cam1").size() == 1);
    rig.wire->vanished_at = running_time().count();
    CHECK(rig.await_with_camera([&] { return rig.directory->of("cam1").empty(); }));
}

TEST_CASE("a viewer of a recording that lost the picture gets it again", "[steering]") {
    Rig rig;
    rig.recordings.add(0, {.parts = 30});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
    position_of(rig.seek(5));
    position_of(rig.speed(0));
    const std::size_t before = rig.wire->size();
    rig.wire->keyframe_wanted(0);
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > before; }));
    CHECK(begins_recorded(rig.wire->all().at(before)));
    CHECK_FALSE(rig.position().live);
    CHECK(rig.host.keyframes_requested == 0);
}

TEST_CASE("sessions are found by path and id as long as they live", "[steering]") {
    Rig rig;
    rig.open();
    REQUIRE(rig.directory->of("cam1").size() == 1);
    CHECK(rig.directory->of("cam2").empty());
    const std::string id = rig.session->secret();
    CHECK(rig.directory->find("cam1", id) == rig.session);
    CHECK(rig.directory->find("cam2", id) == nullptr);
    CHECK(rig.directory->find("cam1", "other") == nullptr);
    rig.session->request_close("enough");
    CHECK(await([&] { return rig.directory->of("cam1").empty(); }));
}

TEST_CASE("a session that ends in the midst of a jump", "[steering]") {
    Rig rig;
    rig.recordings.add(0, {.parts = 30, .keyframe_every = 250, .picture_bytes = 20'000});
    rig.open();
    REQUIRE(rig.await_with_camera([&] { return rig.wire->size() > 3; }));
    rig.host.run([&] {
        rig.session->steer({.kind = Command::Kind::seek, .time_us = at_us(9)}, [](const Outcome&) {});
        rig.session->steer({.kind = Command::Kind::speed, .rate = 2}, [](const Outcome&) {});
        rig.session->close("gone");
    });
    rig.session.reset();
    CHECK(await([&] { return rig.host.links() == 0; }));
}

TEST_CASE("commands as viewers write them", "[steering]") {
    const std::int64_t now_us = at_us(1000);
    const auto read = [&](std::string_view name, std::string_view text) {
        return read_command(name, *Json::parse(text), now_us);
    };
    CHECK(read("seek", R"({"time":30})")->time_us == at_us(970));
    CHECK(read("seek", R"({"time":0.5})")->time_us == at_us(999.5));
    CHECK(read("seek", R"({"time":"2026-01-08T11:00:01.5+01:00"})")->time_us == at_us(1.5));
    CHECK(read("speed", R"({"rate":-8})")->rate == -8);
    CHECK(read("speed", R"({"rate":0})")->rate == 0);
    CHECK(read("step", R"({"frames":-1})")->frames == -1);
    CHECK(read("live", "{}")->kind == Command::Kind::live);
    for (const auto& [name, text] :
         std::vector<std::pair<std::string, std::string>>{{"seek", R"({})"},
                                                          {"seek", R"({"time":-1})"},
                                                          {"seek", R"({"time":"yesterday"})"},
                                                          {"seek", R"({"time":1e300})"},
                                                          {"seek", R"({"time":null})"},
                                                          {"speed", R"({"rate":65})"},
                                                          {"speed", R"({"rate":0.1})"},
                                                          {"speed", R"({"rate":"1"})"},
                                                          {"speed", R"({})"},
                                                          {"step", R"({"frames":2})"},
                                                          {"step", R"({"frames":0})"},
                                                          {"step", R"({})"},
                                                          {"jump", R"({})"}}) {
        CAPTURE(name, text);
        const auto command = read(name, text);
        REQUIRE_FALSE(command);
        CHECK(command.error().code == Code::invalid_config);
    }
}
