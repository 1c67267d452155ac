#include "catch.hpp"
#include "hub/timestamp_repair.hpp"

#include <vector>

using namespace rill;
using namespace std::chrono_literals;
using Time = TimestampRepair::Time;

namespace {

/// Feeds one unit that arrives `late` after the time that a right clock would have stamped.
struct Feed {
    TimestampRepair repair;
    std::vector<Time> last_dts = std::vector<Time>(4, Time(-1));

    TimestampRepair::Repaired operator()(std::size_t track, Time pts, Time now) {
        const auto out = repair.repair(track, pts, std::nullopt, now);
        CHECK(out.dts > last_dts[track]);
        CHECK(out.dts <= out.pts);
        last_dts[track] = out.dts;
        return out;
    }
};

}  // namespace

TEST_CASE("good times stay as they are") {
    Feed feed;
    for (Time t = 10s; t < 20s; t += 40ms) {
        const auto out = feed(0, t, t + 30ms);
        CHECK(out.pts == t);
        CHECK(out.dts == t);
        CHECK_FALSE(out.jumped);
    }
}

TEST_CASE("units with the same stamp are apart by a tick of each clock that they are stored with") {
    Feed feed;
    const auto first = feed(0, 10s, 10s);
    const auto second = feed(0, 10s, 10s);
    const auto third = feed(0, 9990ms, 10s);
    for (const std::int64_t rate : {8'000, 48'000, 90'000}) {
        const auto tick = [rate](const TimestampRepair::Repaired& unit) {
            return unit.dts.count() * rate / 1'000'000'000;
        };
        CHECK(tick(second) > tick(first));
        CHECK(tick(third) > tick(second));
    }
}

TEST_CASE("a clock that jumps is followed, in both directions and over a wrap of 32 bits") {
    for (const Time jump : {Time(10s), Time(-10s), Time(1h), Time(-2s), Time(-47721s), Time(47721s)}) {
        INFO(jump.count() / 1e9 << " s");
        Feed feed;
        Time now = 100000s;
        Time offset{0};
        int jumps = 0;
        for (int i = 0; i < 300; ++i, now += 40ms) {
            if (i == 150) offset = jump;
            const auto out = feed(0, now + offset, now + 20ms);
            jumps += out.jumped ? 1 : 0;
            CHECK(std::chrono::abs(out.pts - now) < 100ms);
        }
        CHECK(jumps == 1);
    }
}

TEST_CASE("after a jump sound keeps its offset to the picture") {
    Feed feed;
    Time now = 1000s;
    for (int i = 0; i < 200; ++i, now += 20ms) {
        const Time jump = i < 100 ? 0s : 10s;
        // The sound is stamped 300 ms later than the picture that arrives with it.
        const auto video = feed(0, now + jump, now + 5ms);
        const auto audio = feed(1, now + jump + 300ms, now + 6ms);
        CHECK(std::chrono::abs(audio.pts - video.pts - 300ms) < 1ms);
    }
}

TEST_CASE("a rebuilt source whose time starts at zero goes on") {
    Feed feed;
    Time now = 500s;
    for (int i = 0; i < 50; ++i, now += 40ms)
        feed(0, now, now);
    now += 7s;
    Time last = 0s;
    for (int i = 0; i < 50; ++i, now += 40ms)
        last = feed(0, i * 40ms, now).pts;
    CHECK(std::chrono::abs(last - now) < 100ms);
}

TEST_CASE("decode times are found where only presentation times are given") {
    TimestampRepair repair;
    // I P B B P B B in decode order, one picture each 40 ms, arriving in that order.
    std::vector<int> order{0};
    for (int gop = 0; gop < 20; ++gop)
        for (const int n : {3, 1, 2})
            order.push_back(gop * 3 + n);
    Time last_dts{-1};
    Time now = 50s;
    for (std::size_t i = 0; i < order.size(); ++i, now += 40ms) {
        const Time pts = 50s + order[i] * 40ms;
        const auto out = repair.repair(0, pts, std::nullopt, now);
        CHECK_FALSE(out.jumped);
        CHECK(out.dts > last_dts);
        CHECK(out.dts <= out.pts);
        if (i > 10) CHECK(out.pts == pts);
        last_dts = out.dts;
    }
}

TEST_CASE("where B-frames are announced all times are right from the first picture on") {
    TimestampRepair repair;
    // I P B b b P B b b: the B is shown before the P, and a b before and behind it.
    std::vector<int> order{0};
    for (int group = 0; group < 10; ++group)
        for (const int n : {4, 2, 1, 3})
            order.push_back(group * 4 + n);
    repair.expect_reordering(0, 2, 40ms);
    for (const Time start : {50s, 60s}) {
        const Time ahead = start == 60s ? 100s : 0s;  // the camera's clock has jumped
        for (std::size_t i = 0; i < order.size(); ++i) {
            const Time pts = start + order[i] * 40ms;
            const auto out = repair.repair(0, pts + ahead, std::nullopt, start + i * 40ms);
            CHECK(out.jumped == (ahead > 0s && i == 0));
            CHECK(out.pts == pts);
            CHECK(out.dts == start + (static_cast<int>(i) - 2) * 40ms);
        }
    }
}

TEST_CASE("another order of pictures in mid-stream breaks no time") {
    TimestampRepair repair;
    Time last{-1};
    int n = 0;
    for (const std::size_t frames : {0, 2, 16, 1, 0}) {
        repair.expect_reordering(0, frames, 40ms);
        for (int i = 0; i < 50; ++i, ++n) {
            const Time time = 50s + n * 40ms;
            const auto out = repair.repair(0, time, std::nullopt, time);
            CHECK(out.pts == time);
            CHECK(out.dts > last);
            last = out.dts;
        }
    }
    CHECK(last == 50s + (n - 1) * 40ms);
}

TEST_CASE("given decode times are kept") {
    TimestampRepair repair;
    const auto out = repair.repair(0, 10s, 9920ms, 10s);
    CHECK(out.pts == 10s);
    CHECK(out.dts == 9920ms);
}

TEST_CASE("time never stands still, whatever comes") {
    TimestampRepair repair;
    Time last{-1};
    for (int i = 0; i < 100; ++i) {
        const auto out = repair.repair(0, 10s, 10s, 10s);
        CHECK(out.dts > last);
        CHECK(out.pts >= out.dts);
        last = out.dts;
    }
    for (int i = 0; i < 10; ++i) {
        const auto out = repair.repair(0, std::nullopt, std::nullopt, 11s + i * 40ms);
        CHECK(out.dts > last);
        last = out.dts;
    }
}
