// What is shown while a camera is away.
#include "catch.hpp"
#include "event_log.hpp"
#include "path_stage.hpp"
#include "units.hpp"

using namespace rill;
using namespace rill::test;

namespace {

constexpr GopCache::Bounds cache{10s, 1u << 20};

std::vector<UnitPtr> take_all(Link& link) {
    std::vector<UnitPtr> units;
    while (UnitPtr unit = link.take())
        units.push_back(std::move(unit));
    return units;
}

LinkSpec starting(StartAt start, bool stand_in) {
    LinkSpec spec;
    spec.start = start;
    spec.stand_in = stand_in;
    return spec;
}

/// Both tracks, claimed.
struct Feed {
    Feed(Stream& stream, Filler filler)
        : stream(stream),
          number(stream.begin_source(filler)),
          video(stream.claim(number, Kind::video)),
          audio(stream.claim(number, Kind::audio)) {}
    Stream::Pushed push(Kind kind, bool keyframe = true) const {
        return stream.push(number, kind == Kind::video ? video : audio, raw(kind, keyframe));
    }
    Stream& stream;
    const std::uint64_t number;
    const std::size_t video, audio;
};

std::string url_of_stand_in(const PathSettings& settings) {
    return settings.source.url + "-stand-in";
}

void with_stand_in(PathSettings& settings) {
    settings.stand_in_factory = &FakeCamera::factory();
    settings.stand_in = settings.source;
    settings.stand_in.url = url_of_stand_in(settings);
}

}  // namespace

TEST_CASE("a stand-in goes on until the camera's first keyframe") {
    const auto stream = std::make_shared<Stream>(cache);
    const Feed stand_in(*stream, Filler::stand_in);
    const auto link = stream->link(stand_in.video, {});
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::taken);
    const Feed camera(*stream, Filler::source);
    CHECK(camera.video == stand_in.video);
    CHECK(camera.audio == stand_in.audio);
    CHECK(camera.push(Kind::audio) == Stream::Pushed::left_out);
    CHECK(camera.push(Kind::video, false) == Stream::Pushed::left_out);
    CHECK(stand_in.push(Kind::video, false) == Stream::Pushed::taken);
    CHECK(stream->tracks().size() == 1);
    CHECK(stream->last_arrival(camera.number) > Nanoseconds(0));

    CHECK(camera.push(Kind::video) == Stream::Pushed::taken);
    CHECK(camera.push(Kind::audio) == Stream::Pushed::taken);
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::left_out);
    CHECK(stream->tracks().size() == 2);
    const auto units = take_all(*link);
    REQUIRE(units.size() == 3);
    CHECK((units[0]->stand_in && units[1]->stand_in));
    CHECK_FALSE(units[2]->stand_in);
    CHECK(units[2]->discontinuity);
    CHECK(units[2]->dts > units[1]->dts);
    // What the camera sent counts, nothing else.
    CHECK(stream->counters().bytes == 200);
}

TEST_CASE("an attempt at the camera that ends is not seen by who looks at the stand-in") {
    const auto stream = std::make_shared<Stream>(cache);
    const Feed stand_in(*stream, Filler::stand_in);
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::taken);
    const auto link = stream->link(stand_in.video, starting(StartAt::live, true));
    {
        const Feed attempt(*stream, Filler::source);
        stream->end_source(attempt.number);
        CHECK(attempt.push(Kind::video) == Stream::Pushed::ended);
    }
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::taken);
    const auto units = take_all(*link);
    REQUIRE(units.size() == 1);
    CHECK_FALSE(units[0]->discontinuity);
}

TEST_CASE("a stand-in that begins takes the place of a camera that brings nothing, which may come back") {
    const auto stream = std::make_shared<Stream>(cache);
    const Feed camera(*stream, Filler::source);
    const Feed stand_in(*stream, Filler::stand_in);
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::taken);
    CHECK(camera.push(Kind::video) == Stream::Pushed::taken);
    CHECK(stand_in.push(Kind::video) == Stream::Pushed::left_out);
}

TEST_CASE("sound alone takes over, too") {
    const auto stream = std::make_shared<Stream>(cache);
    const auto stand_in = stream->begin_source(Filler::stand_in);
    const auto slot = stream->claim(stand_in, Kind::audio);
    CHECK(stream->push(stand_in, slot, raw(Kind::audio, true)) == Stream::Pushed::taken);
    const auto camera = stream->begin_source();
    CHECK(stream->push(camera, stream->claim(camera, Kind::audio), raw(Kind::audio, true)) ==
          Stream::Pushed::taken);
}

TEST_CASE("who wants the camera only sees a gap") {
    const auto stream = std::make_shared<Stream>(cache, History{.duration = 10s, .bytes = 1u << 20});
    Feed before(*stream, Filler::source);
    before.push(Kind::video);
    stream->end_source(before.number);
    const Feed stand_in(*stream, Filler::stand_in);
    const auto live = stream->link(stand_in.video, starting(StartAt::live, false));
    stand_in.push(Kind::video);
    const auto cached = stream->link(stand_in.video, starting(StartAt::cached_keyframe, false));
    CHECK_FALSE(live->take());
    for (const UnitPtr& unit : take_all(*cached))
        CHECK_FALSE(unit->stand_in);
    const Feed camera(*stream, Filler::source);
    camera.push(Kind::video);
    const auto units = take_all(*live);
    REQUIRE(units.size() == 1);
    CHECK(units[0]->discontinuity);
    CHECK(live->statistics().dropped == 0);
}

TEST_CASE("readers of a camera that is away get its stand-in, and the camera when it is back") {
    EventLog log;
    {
        Stage stage(1, [&](PathSettings& settings) {
            with_stand_in(settings);
            settings.events = log.events;
        });
        const auto stand_in = FakeCamera::named(url_of_stand_in(stage.path->settings()));
        stage.camera->refuse(Error{Code::unavailable, "nobody there"});
        stage.run([&] { stage.path->begin(); });
        REQUIRE(stage.eventually([&] { return stage.path->status().available_since_us != 0; }));
        PathStatus status = stage.path->status();
        CHECK(status.state == PathState::offline);
        CHECK(status.reason == "nobody there");
        CHECK(status.inbound_bytes == 0);
        stage.open();
        REQUIRE(stage.answered(0));
        REQUIRE(*stage.answers[0]);
        REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > 10; }));

        stage.camera->refuse(std::nullopt);
        REQUIRE(stage.reaches(PathState::online));
        CHECK(stage.eventually([&] { return stand_in->alive() == 0; }));
        CHECK(stage.path->status().available_since_us == status.available_since_us);
        CHECK(stage.eventually([&] { return stage.path->status().inbound_bytes > 0; }));

        stage.camera->refuse(Error{Code::unavailable, "gone again"});
        stage.camera->break_down("gone again");
        REQUIRE(stage.reaches(PathState::offline));
        const int so_far = stage.sinks[0]->units;
        REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > so_far + 50; }));
        CHECK(stand_in->alive() == 1);
        CHECK(stage.sinks[0]->starts == 1);
        CHECK(stage.sinks[0]->stops == 0);
        CHECK(stage.sinks[0]->backwards == 0);
        CHECK(stage.path->status().readers.size() == 1);
        stage.run([&] { stage.path->stop(); });
        CHECK(stage.path->status().available_since_us == 0);
        CHECK(stage.eventually([&] { return stand_in->alive() == 0; }));
    }
    CHECK(log.kinds() ==
          "pathConnecting pathOffline pathAvailable readerAdded pathOnline pathOffline pathStopped "
          "readerRemoved");
    std::string available;
    for (const Event& event : log.told())
        available += event.available ? '1' : '0';
    CHECK(available == "00101100");
}

TEST_CASE("a stand-in that fails is begun again") {
    Stage stage(1, with_stand_in);
    const auto stand_in = FakeCamera::named(url_of_stand_in(stage.path->settings()));
    stand_in->refuse(Error{Code::unavailable, "no such file"});
    stage.camera->refuse(Error{Code::unavailable, "nobody there"});
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.eventually([&] { return stand_in->builds() > 1; }));
    stage.open();
    stand_in->refuse(std::nullopt);
    REQUIRE(stage.answered(0));
    CHECK(*stage.answers[0]);
    stand_in->break_down("the disk is gone");
    const int so_far = stage.sinks[0]->units;
    CHECK(stage.eventually([&] { return stage.sinks[0]->units > so_far + 10; }));
    CHECK(stage.path->status().readers.size() == 1);
}

TEST_CASE("a camera that connects and brings nothing has its stand-in shown, and one that is quick has not") {
    Stage stage(1, with_stand_in);
    const auto stand_in = FakeCamera::named(url_of_stand_in(stage.path->settings()));
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    CHECK(stand_in->builds() == 0);

    Stage slow(1, with_stand_in);
    slow.camera->set_silent(true);
    slow.run([&] { slow.path->begin(); });
    REQUIRE(slow.eventually([&] { return slow.path->status().available_since_us != 0; }));
    CHECK(slow.path->status().state == PathState::connecting);
    slow.camera->set_silent(false);
    CHECK(slow.reaches(PathState::online));
}

TEST_CASE("a camera that goes silent is noticed while its stand-in is there") {
    Stage stage(1, [](PathSettings& settings) {
        with_stand_in(settings);
        settings.source.read_timeout = 1500ms;
    });
    stage.camera->refuse(Error{Code::unavailable, "nobody there"});
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.eventually([&] { return stage.path->status().available_since_us != 0; }));
    stage.camera->set_silent(true);
    stage.camera->refuse(std::nullopt);
    CHECK(stage.eventually(
        [&] { return stage.path->status().reason.find("no media from the source") != std::string::npos; }));
}
