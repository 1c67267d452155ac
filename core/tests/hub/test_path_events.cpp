#include "catch.hpp"
#include "event_log.hpp"
#include "path_stage.hpp"

using namespace rill;
using namespace rill::test;

TEST_CASE("what happens to a path and its readers is told in order") {
    EventLog log;
    std::string name;
    {
        Stage stage(1, [&](PathSettings& settings) {
            settings.on_demand = true;
            settings.events = log.events;
            name = settings.name;
        });
        stage.run([&] { stage.path->begin(); });
        stage.open();
        REQUIRE(stage.answered(0));
        stage.camera->refuse(Error{Code::unavailable, "rtsp://user:secret@192.0.2.1/ does not answer"});
        stage.camera->break_down("rtsp://user:secret@192.0.2.1/ is gone");
        REQUIRE(stage.reaches(PathState::offline));
    }
    const auto told = log.told();
    CHECK(log.kinds() == "pathConnecting pathOnline readerAdded pathOffline readerRemoved pathStopped");
    REQUIRE(told.size() == 6);
    for (const Event& event : told) {
        CHECK(event.path == name);
        CHECK(event.time_us > 0);
        CHECK(event.reason.find("secret") == std::string::npos);
    }
    CHECK(told[1].type == "fakeSource");
    CHECK(told[2].type == "fakesinkSession");
    CHECK(told[2].remote == "192.0.2.1:1");
    CHECK(told[2].id == told[4].id);
    CHECK_FALSE(told[3].reason.empty());
}

TEST_CASE("a reader is ended by its id, if its sink can do that") {
    Stage stage(1, [](PathSettings& settings) { settings.on_demand = true; });
    stage.run([&] { stage.path->begin(); });
    stage.open();
    REQUIRE(stage.answered(0));
    const auto end = [&](const std::string& id) {
        Result<> result = ok();
        stage.run([&] { result = stage.path->end_reader(id, "kicked"); });
        return result;
    };
    std::string id;
    stage.run([&] { id = (**stage.answers[0])->id(); });
    CHECK(end("nobody").error().code == Code::not_found);
    CHECK(end(id).error().code == Code::conflict);
    std::string reason;
    stage.run([&] {
        // As sinks do it: what holds the reader lets go of it.
        (**stage.answers[0])->on_end([&](const std::string& why) {
            reason = why;
            stage.answers[0].reset();
        });
    });
    CHECK(end(id));
    CHECK(reason == "kicked");
    CHECK(stage.path->status().readers.empty());
    CHECK(end(id).error().code == Code::not_found);
}
