#include "catch.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

const Wishes low_latency{seconds(1), milliseconds(200), true};

std::vector<UnitPtr> shot(Camera camera, int count) {
    std::vector<UnitPtr> units;
    for (int i = 0; i < count; ++i)
        units.push_back(camera.next());
    return units;
}

Nanoseconds part_target_at(double rate) {
    Camera camera{.format = h264(), .step = Nanoseconds(static_cast<std::int64_t>(1e9 / rate))};
    return make_plan(low_latency, shot(camera, 60), {}).part_target;
}

}  // namespace

TEST_CASE("the part target is as many whole frames as fit") {
    CHECK(part_target_at(25) == milliseconds(200));
    CHECK(part_target_at(30) == milliseconds(200));
    CHECK(part_target_at(60) == milliseconds(200));
    CHECK(part_target_at(10) == milliseconds(200));
    CHECK(part_target_at(24) == milliseconds(167));
    CHECK(part_target_at(12) == milliseconds(167));
    // One frame is longer than a part should be.
    CHECK(part_target_at(4) == milliseconds(250));
    CHECK(part_target_at(1) == milliseconds(1000));
}

TEST_CASE("jitter makes the part target a little longer, never by half a frame") {
    Camera camera{.format = h264()};
    auto units = shot(camera, 60);
    for (std::size_t i = 1; i < units.size(); ++i) {
        auto moved = std::make_shared<AccessUnit>(*units[i]);
        moved->dts += milliseconds(i % 3 == 0 ? 4 : 0);
        units[i] = moved;
    }
    const auto target = make_plan(low_latency, units, {}).part_target;
    CHECK(target > milliseconds(203));
    CHECK(target < milliseconds(220));
}

TEST_CASE("late frames and a burst at the start do not change the part target much") {
    Camera camera{.format = h264()};
    auto units = shot(camera, 7);
    for (const std::size_t late : {2U, 5U}) {
        auto moved = std::make_shared<AccessUnit>(*units[late]);
        moved->dts += milliseconds(30);
        units[late] = moved;
    }
    const auto target = make_plan(low_latency, units, {}).part_target;
    CHECK(target >= milliseconds(200));
    CHECK(target < milliseconds(220));
}

TEST_CASE("without a second keyframe the target duration leaves room for the usual GOPs") {
    Camera camera{.format = h264(), .gop = 100000};
    CHECK(make_plan(low_latency, shot(camera, 6), {}).target_duration == seconds(4));
    // The current GOP lasts three seconds already.
    CHECK(make_plan(low_latency, shot(camera, 76), {}).target_duration == seconds(6));
    // Longer than what is kept in memory.
    CHECK(make_plan(low_latency, shot(camera, 500), {}).target_duration == seconds(12));
}

TEST_CASE("what is known of the GOP decides the target duration") {
    Camera camera{.format = h264(), .gop = 25};
    CHECK(make_plan(low_latency, shot(camera, 30), {}).target_duration == seconds(2));
    CHECK(make_plan(low_latency, shot(camera, 30), seconds(5)).target_duration == seconds(6));
    camera.gop = 10;  // three GOPs are 1.2 s
    CHECK(make_plan(low_latency, shot(camera, 30), {}).target_duration == seconds(3));
}

TEST_CASE("sound alone keeps the wished durations") {
    Camera microphone{.format = opus(), .step = milliseconds(20), .gop = 1};
    const Plan plan = make_plan(low_latency, shot(microphone, 30), {});
    CHECK(plan.part_target == milliseconds(200));
    CHECK(plan.target_duration == seconds(1));
}

TEST_CASE("planning waits for what it needs") {
    Camera camera{.format = h264(), .gop = 50};
    CHECK_FALSE(can_plan(low_latency, shot(camera, 1)));
    CHECK_FALSE(can_plan(low_latency, shot(camera, 5)));
    CHECK(can_plan(low_latency, shot(camera, 6)));
    const Wishes whole{seconds(1), seconds(1), false};
    CHECK_FALSE(can_plan(whole, shot(camera, 50)));
    CHECK(can_plan(whole, shot(camera, 51)));
    camera.gop = 100000;
    CHECK_FALSE(can_plan(whole, shot(camera, 200)));
    CHECK(can_plan(whole, shot(camera, 302)));
}
