#include "await.hpp"
#include "catch.hpp"
#include "path_stage.hpp"

#include <rill/clock.hpp>

#include <future>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

void on_demand(PathSettings& settings) {
    settings.on_demand = true;
}

}  // namespace

TEST_CASE("a path that always runs comes online and feeds its sinks") {
    Stage stage;
    CHECK(stage.path->status().state == PathState::stopped);
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > 10; }));
    const PathStatus status = stage.path->status();
    CHECK(status.state == PathState::online);
    REQUIRE(status.tracks.size() == 1);
    CHECK(status.tracks[0].format->codec == Codec::pcmu);
    CHECK(status.sinks.size() == 1);
    CHECK(status.inbound_bytes > 0);
    CHECK(stage.sinks[0]->starts == 1);
    CHECK(stage.sinks[0]->discontinuities == 0);
    CHECK(stage.eventually([&] { return stage.camera->ticks() > 0; }));
}

TEST_CASE("on demand: the first reader wakes the path, the last one leaves it to stop") {
    Stage stage(1, on_demand);
    stage.run([&] { stage.path->begin(); });
    CHECK(stage.camera->builds() == 0);
    stage.open();
    stage.open();
    REQUIRE(stage.answered(0));
    REQUIRE(stage.answered(1));
    REQUIRE(*stage.answers[0]);
    CHECK(stage.path->status().readers.size() == 2);
    CHECK(stage.camera->builds() == 1);
    stage.run([&] { stage.answers[0].reset(); });
    CHECK(stage.path->status().state == PathState::online);
    stage.run([&] { stage.answers[1].reset(); });
    REQUIRE(stage.reaches(PathState::stopped));
    CHECK(stage.eventually([&] { return stage.camera->alive() == 0; }));
    CHECK(stage.sinks[0]->stops == 1);
    // And again.
    stage.open();
    REQUIRE(stage.answered(2));
    CHECK(*stage.answers[2]);
    stage.run([&] { stage.answers.clear(); });
}

TEST_CASE("who leaves and comes back in time does not restart the source") {
    Stage stage(1, [](PathSettings& settings) {
        settings.on_demand = true;
        settings.close_after = 60s;
    });
    stage.open();
    REQUIRE(stage.answered(0));
    stage.run([&] { stage.answers[0].reset(); });
    stage.open();
    REQUIRE(stage.answered(1));
    CHECK(*stage.answers[1]);
    CHECK(stage.camera->builds() == 1);
    stage.run([&] { stage.answers.clear(); });
}

TEST_CASE("a camera that does not come online in time: the waiting are told why") {
    Stage stage(1, [](PathSettings& settings) {
        settings.on_demand = true;
        settings.start_timeout = 150ms;
    });
    SECTION("it is silent") {
        stage.camera->set_silent(true);
        stage.open();
        REQUIRE(stage.answered(0));
        REQUIRE_FALSE(*stage.answers[0]);
        CHECK(stage.answers[0]->error().code == Code::not_found);
        CHECK(stage.answers[0]->error().message.find("sourceOnDemandStartTimeout") != std::string::npos);
    }
    SECTION("it refuses") {
        stage.camera->refuse(Error{Code::unavailable, "connection refused"});
        stage.open();
        REQUIRE(stage.answered(0));
        REQUIRE_FALSE(*stage.answers[0]);
        CHECK(stage.answers[0]->error().message.find("connection refused") != std::string::npos);
    }
    CHECK(stage.reaches(PathState::stopped));
}

TEST_CASE("no more readers than maxReaders, the waiting included") {
    Stage stage(1, [](PathSettings& settings) {
        settings.on_demand = true;
        settings.max_readers = 1;
    });
    stage.open();
    stage.open();
    REQUIRE(stage.answered(1));
    REQUIRE_FALSE(*stage.answers[1]);
    CHECK(stage.answers[1]->error().code == Code::too_many);
    REQUIRE(stage.answered(0));
    CHECK(*stage.answers[0]);
    stage.open();
    REQUIRE(stage.answered(2));
    CHECK_FALSE(*stage.answers[2]);
    stage.run([&] { stage.answers.clear(); });
}

TEST_CASE("no more readers than maxTotalReaders in all paths, until one goes") {
    const auto most = std::make_shared<Permits>(2);
    const auto share = [&](PathSettings& settings) { settings.readers = most; };
    Stage one(1, share);
    Stage other(1, share);
    for (Stage* const stage : {&one, &other}) {
        stage->run([&] { stage->path->begin(); });
        REQUIRE(stage->reaches(PathState::online));
        stage->open();
        REQUIRE(stage->answered(0));
        CHECK(*stage->answers[0]);
    }
    one.open();
    REQUIRE(one.answered(1));
    REQUIRE_FALSE(*one.answers[1]);
    CHECK(one.answers[1]->error().code == Code::unavailable);
    CHECK(one.answers[1]->error().message.find("maxTotalReaders") != std::string::npos);
    other.run([&] { other.answers.clear(); });
    one.open();
    REQUIRE(one.answered(2));
    CHECK(*one.answers[2]);
}

TEST_CASE("a sink that the path does not have") {
    Stage stage;
    stage.open("hls");
    REQUIRE(stage.answered(0));
    CHECK(stage.answers[0]->error().code == Code::not_found);
}

TEST_CASE("stop and start by the API") {
    Stage stage;
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    stage.run([&] { stage.path->stop(); });
    CHECK(stage.path->status().state == PathState::stopped);
    CHECK(stage.eventually([&] { return stage.camera->alive() == 0; }));
    stage.open();
    REQUIRE(stage.answered(0));
    CHECK(stage.answers[0]->error().code == Code::not_found);
    CHECK(stage.camera->builds() == 1);
    stage.run([&] { stage.path->start(); });
    CHECK(stage.reaches(PathState::online));
    CHECK(stage.sinks[0]->starts == 2);
    // Stop and start in one breath: the pipeline of before is still on its way out.
    stage.run([&] {
        stage.path->stop();
        stage.path->start();
    });
    CHECK(stage.reaches(PathState::online));
}

TEST_CASE("one of three sinks is killed: neither the source nor the others notice") {
    Stage stage(3);
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.eventually([&] { return stage.sinks[2]->units > 5; }));
    stage.run([&] { stage.sinks[1]->fail(); });
    REQUIRE(stage.eventually([&] { return stage.sinks[1]->stops == 1; }));
    CHECK_FALSE(stage.path->status().sinks[1].running);
    CHECK(stage.path->status().sinks[1].reason == "killed by the test");
    REQUIRE(stage.eventually([&] { return stage.sinks[1]->starts == 2; }));
    const int before = stage.sinks[1]->units;
    CHECK(stage.eventually([&] { return stage.sinks[1]->units > before; }));
    for (const int sibling : {0, 2}) {
        CHECK(stage.sinks[sibling]->starts == 1);
        CHECK(stage.sinks[sibling]->stops == 0);
        CHECK(stage.sinks[sibling]->discontinuities == 0);
    }
    CHECK(stage.camera->builds() == 1);
    CHECK(stage.path->status().state == PathState::online);
}

TEST_CASE("a sink that does not start is tried again, and the others run") {
    Stage stage(2);
    stage.sinks[0]->refuse_starts(true);
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.eventually([&] { return stage.sinks[0]->starts == 2; }));
    CHECK(stage.sinks[1]->units > 0);
    CHECK(stage.sinks[0]->stops == 0);
    stage.sinks[0]->refuse_starts(false);
    CHECK(stage.eventually([&] { return stage.sinks[0]->units > 0; }));
}

TEST_CASE("the source is lost: links stay, time goes on, the gap is marked") {
    Stage stage;
    stage.run([&] { stage.path->begin(); });
    for (int loss = 1; loss <= 2; ++loss) {
        const int before = stage.sinks[0]->units;
        REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > before + 5; }));
        loss == 1 ? stage.camera->break_down("broken by the test") : stage.camera->end();
        REQUIRE(stage.reaches(PathState::offline));
        CHECK(stage.path->status().reason ==
              (loss == 1 ? "broken by the test" : "the source ended the stream"));
        REQUIRE(stage.reaches(PathState::online));
        CHECK(stage.eventually([&] { return stage.sinks[0]->discontinuities == loss; }));
        CHECK(stage.path->status().reconnects == static_cast<std::uint64_t>(loss));
    }
    CHECK(stage.sinks[0]->starts == 1);
    CHECK(stage.sinks[0]->stops == 0);
    CHECK(stage.sinks[0]->backwards == 0);
    CHECK(stage.camera->builds() == 3);
    CHECK(stage.eventually([&] { return stage.camera->alive() == 1; }));
}

TEST_CASE("a silent camera is lost after readTimeout") {
    Stage stage(1, [](PathSettings& settings) { settings.source.read_timeout = 300ms; });
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    stage.camera->set_silent(true);
    REQUIRE(stage.reaches(PathState::offline));
    CHECK(stage.path->status().reason == "no media from the source for 0.3 s (readTimeout)");
    stage.camera->set_silent(false);
    CHECK(stage.reaches(PathState::online));
}

TEST_CASE("messages of GStreamer that are neither error, warning nor end do no harm") {
    Stage stage;
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    // The numbers of extended message types share bits with those of errors and warnings.
    stage.camera->announce_streams();
    const int before = stage.sinks[0]->units;
    REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > before + 5; }));
    CHECK(stage.camera->builds() == 1);
}

namespace {

/// A sink that the configuration has off.
void switched_off(PathSettings& settings) {
    static const SinkFactory factory = [] {
        SinkFactory made = FakeSink::factory();
        made.switchable = true;
        return made;
    }();
    settings.sinks.push_back({&factory, std::make_shared<const Options>(), false});
}

/// What the sink's state is, as the path tells it; off when it tells none.
SinkStatus sink_of(const Stage& stage) {
    const auto sinks = stage.path->status().sinks;
    if (!sinks.empty()) return sinks.front();
    SinkStatus off;
    off.on = SinkStatus::On::off;
    return off;
}

}  // namespace

TEST_CASE("a sink that the configuration has off runs while it is switched on") {
    Stage stage(0, switched_off);
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    CHECK(stage.sinks[0]->starts == 0);
    CHECK(stage.path->status().sinks.empty());
    stage.run([&] {
        const auto on = stage.path->switch_on("fakesink", {});
        REQUIRE(on);
        CHECK(on->running);
        CHECK(on->on == SinkStatus::On::by_request);
        CHECK(on->until_us == 0);
        CHECK(stage.path->switch_on("fakesink", {}));
    });
    CHECK(stage.eventually([&] { return stage.sinks[0]->units > 3; }));
    CHECK(stage.sinks[0]->starts == 1);
    // It is as any other meanwhile.
    stage.sinks[0]->fail();
    CHECK(stage.eventually([&] { return stage.sinks[0]->starts == 2; }));
    stage.run([&] {
        const auto off = stage.path->switch_off("fakesink");
        REQUIRE(off);
        CHECK_FALSE(off->running);
        CHECK(off->on == SinkStatus::On::off);
        CHECK(stage.path->switch_off("fakesink"));
    });
    CHECK(stage.sinks[0]->stops == 2);
    CHECK(stage.path->status().state == PathState::online);
}

TEST_CASE("a sink begins with the first unit that it is given") {
    Stage stage(0, switched_off);
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::online));
    const std::int64_t asked_us = utc_now_us();
    stage.run([&] {
        // Of sound nothing is kept that it could begin with.
        CHECK(stage.path->switch_on("fakesink", {})->from_us == 0);
    });
    REQUIRE(stage.eventually([&] { return sink_of(stage).from_us > 0; }));
    const std::int64_t from_us = sink_of(stage).from_us;
    CHECK(from_us > asked_us - 1'000'000);
    CHECK(from_us <= utc_now_us());
    const int before = stage.sinks[0]->units;
    REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > before + 3; }));
    CHECK(sink_of(stage).from_us == from_us);
    // After a failure it is given others.
    stage.sinks[0]->fail();
    CHECK(stage.eventually([&] { return sink_of(stage).from_us > from_us; }));
}

TEST_CASE("what is switched on for a time ends with it, and never sooner than was said") {
    Stage stage(0, [](PathSettings& settings) {
        switched_off(settings);
        on_demand(settings);
    });
    stage.run([&] { stage.path->begin(); });
    CHECK(stage.camera->builds() == 0);
    std::int64_t until_us = 0;
    stage.run([&] {
        const auto first = stage.path->switch_on("fakesink", {.back = {}, .duration = 300ms});
        REQUIRE(first);
        CHECK_FALSE(first->running);
        until_us = first->until_us;
        const auto shorter = stage.path->switch_on("fakesink", {.back = {}, .duration = 10ms});
        CHECK(shorter->until_us == until_us);
        const auto longer = stage.path->switch_on("fakesink", {.back = {}, .duration = 600ms});
        CHECK(longer->until_us >= until_us + 300'000);
    });
    // It holds the path like a reader.
    REQUIRE(stage.reaches(PathState::online));
    CHECK(stage.sinks[0]->starts == 1);
    CHECK(stage.eventually([&] { return sink_of(stage).on == SinkStatus::On::off; }));
    CHECK(stage.reaches(PathState::stopped));
    CHECK(utc_now_us() >= until_us + 300'000);
    CHECK(stage.sinks[0]->stops == 1);
}

TEST_CASE("what was switched on without an end has none") {
    Stage stage(0, switched_off);
    stage.run([&] {
        stage.path->begin();
        REQUIRE(stage.path->switch_on("fakesink", {}));
        CHECK(stage.path->switch_on("fakesink", {.back = {}, .duration = 1ms})->until_us == 0);
    });
    CHECK(stage.eventually([&] { return stage.sinks[0]->units > 3; }));
    CHECK(sink_of(stage).on == SinkStatus::On::by_request);
    stage.run([&] { stage.path->stop(); });
    CHECK(sink_of(stage).on == SinkStatus::On::off);
    stage.run([&] {
        const auto refused = stage.path->switch_on("fakesink", {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::conflict);
        stage.path->start();
        CHECK(stage.path->switch_on("fakesink", {}));
    });
}

TEST_CASE("what the configuration has on stays on, and other sinks are not switched") {
    Stage stage(1, [](PathSettings& settings) {
        switched_off(settings);
        settings.sinks.back().enabled = true;
        settings.sinks.erase(settings.sinks.begin());
    });
    stage.run([&] {
        const auto on = stage.path->switch_on("fakesink", {.back = {}, .duration = 1ms});
        REQUIRE(on);
        CHECK(on->on == SinkStatus::On::by_configuration);
        CHECK(on->until_us == 0);
        const auto off = stage.path->switch_off("fakesink");
        REQUIRE_FALSE(off);
        CHECK(off.error().code == Code::conflict);
    });
    Stage other(1);
    other.run([&] {
        CHECK(other.path->switch_on("fakesink", {}).error().code == Code::not_found);
        CHECK(other.path->switch_off("none").error().code == Code::not_found);
    });
}

TEST_CASE("a path may be closed at any moment of its life") {
    for (int moment = 0; moment < 4; ++moment) {
        Stage stage(2);
        stage.camera->set_silent(moment == 1);
        if (moment == 3) stage.camera->refuse(Error{Code::unavailable, "refused"});
        if (moment > 0) stage.run([&] { stage.path->begin(); });
        if (moment == 2) REQUIRE(stage.reaches(PathState::online));
        if (moment == 3) REQUIRE(stage.reaches(PathState::offline));
    }
    CHECK(Pipeline::wait_for_disposals(5s));
}

TEST_CASE("a camera that is down: who comes for recordings is admitted, and the sink hears of tracks later") {
    Stage stage;
    stage.camera->refuse(Error{Code::unavailable, "no camera"});
    stage.run([&] { stage.path->begin(); });
    REQUIRE(stage.reaches(PathState::offline));
    stage.open("fakesink", OpenIf::offline_too);
    stage.open("fakesink", OpenIf::offline_too);
    stage.open();
    REQUIRE(*stage.answers[0]);
    REQUIRE(*stage.answers[1]);
    CHECK(stage.answers[2]->error().code == Code::not_found);
    CHECK(stage.path->status().state == PathState::offline);
    CHECK(stage.path->status().readers.size() == 2);
    CHECK(stage.sinks[0]->starts == 1);
    CHECK(stage.sinks[0]->units == 0);

    stage.camera->refuse(std::nullopt);
    REQUIRE(stage.eventually([&] { return stage.sinks[0]->units > 10; }));
    // FakeSink has no update() of its own: it starts anew.
    CHECK(stage.sinks[0]->starts == 2);
    CHECK(stage.path->status().readers.size() == 2);

    stage.run([&] { stage.path->stop(); });
    stage.open("fakesink", OpenIf::offline_too);
    CHECK(stage.answers[3]->error().code == Code::not_found);
}

TEST_CASE("a camera that is down, on demand: who comes for recordings waits for one attempt") {
    Stage stage(1, on_demand);
    stage.camera->refuse(Error{Code::unavailable, "no camera"});
    stage.run([&] { stage.path->begin(); });
    stage.open("fakesink", OpenIf::offline_too);
    REQUIRE(stage.answered(0));
    REQUIRE(*stage.answers[0]);
    CHECK(stage.sinks[0]->starts == 1);
    stage.run([&] { stage.answers[0].reset(); });
    REQUIRE(stage.reaches(PathState::stopped));
    CHECK(stage.sinks[0]->stops == 1);
}
