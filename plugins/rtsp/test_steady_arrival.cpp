#include "catch.hpp"
#include "steady_arrival.hpp"

#include <random>
#include <vector>

using namespace rill::rtsp;
using namespace std::chrono_literals;

namespace {

using Time = SteadyArrival::Time;

constexpr int rate = 90'000;
constexpr std::uint32_t ssrc = 7;
constexpr std::uint32_t first = 0xffff'0000;  // wraps within a second

/// The timestamp of a picture that is taken so long after the first.
std::uint32_t stamp(Time taken) {
    return first + static_cast<std::uint32_t>(taken.count() / 1000 * rate / 1'000'000);
}

/// 25 pictures in a second: when each is shown, in the order in which they are sent, one every 40 ms.
std::vector<Time> pictures(int count) {
    std::vector<Time> taken;
    taken.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        taken.push_back(i * 40ms);
    return taken;
}

/// With two B-frames between two others, which are sent after the one that follows them.
std::vector<Time> with_b_frames(int groups) {
    std::vector<Time> taken{0ms};
    for (int i = 0; i < groups; ++i)
        for (const int place : {3, 1, 2})
            taken.push_back((3 * i + place) * 40ms);
    return taken;
}

}  // namespace

TEST_CASE("packets that come in time have the time at which they came") {
    SteadyArrival arrival(rate);
    for (const Time taken : pictures(100))
        CHECK(arrival.of(ssrc, stamp(taken), 5s + taken) == 5s + taken);
}

TEST_CASE("a stall of the connection leaves no trace in the times") {
    SteadyArrival arrival(rate);
    for (const Time stall : {60ms, 300ms, 2500ms, 8000ms}) {
        for (const Time taken : pictures(500)) {
            const Time in_time = 5s + taken;
            const bool held_up = taken >= 10s && in_time < 15s + stall;
            const Time time = arrival.of(ssrc + static_cast<std::uint32_t>(stall / 1ms), stamp(taken),
                                         held_up ? 15s + stall : in_time);
            CHECK(std::chrono::abs(time - in_time) < 20ms);  // a thousandth of it is taken for drift
        }
    }
}

TEST_CASE("jitter leaves hardly a trace") {
    SteadyArrival arrival(rate);
    std::minstd_rand random;
    for (const Time taken : pictures(1000)) {
        const Time jitter = taken == 0ms ? 0ms : std::chrono::milliseconds(random() % 400);
        CHECK(std::chrono::abs(arrival.of(ssrc, stamp(taken), 5s + taken + jitter) - 5s - taken) <= 45ms);
    }
}

TEST_CASE("B-frames keep their distance") {
    SteadyArrival arrival(rate);
    const std::vector<Time> taken = with_b_frames(100);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const Time time = arrival.of(ssrc, stamp(taken[i]), 5s + i * 40ms);
        if (i > 0) CHECK(std::chrono::abs(time - 5s - taken[i] + 80ms) < 1ms);
    }
}

TEST_CASE("all packets of a picture have one time") {
    SteadyArrival arrival(rate);
    arrival.of(ssrc, stamp(0ms), 5s);
    const Time time = arrival.of(ssrc, stamp(40ms), 5040ms);
    for (const Time later : {1ms, 30ms, 900ms})
        CHECK(arrival.of(ssrc, stamp(40ms), 5040ms + later) == time);
}

TEST_CASE("a camera's clock is followed, be it fast or slow") {
    for (const int parts_per_million : {-300, 300}) {
        SteadyArrival arrival(rate);
        for (const Time taken : pictures(25 * 600)) {
            const Time shown = taken + taken * parts_per_million / 1'000'000;
            CHECK(std::chrono::abs(arrival.of(ssrc, stamp(shown), 5s + taken) - 5s - taken) < 1ms);
        }
    }
}

TEST_CASE("after a jump of the camera's clock packets have the time at which they come") {
    for (const Time jump : {-3600s, -2s, 10s, 3600s}) {
        SteadyArrival arrival(rate);
        for (const Time taken : pictures(200)) {
            const bool after = taken >= 4s;
            CHECK(arrival.of(ssrc, stamp(taken + (after ? jump : 0s)), 5s + taken) == 5s + taken);
        }
    }
}

TEST_CASE("another encoder has another clock") {
    SteadyArrival arrival(rate);
    arrival.of(ssrc, stamp(0ms), 5s);
    CHECK(arrival.of(ssrc + 1, stamp(500ms), 6s) == 6s);
    CHECK(arrival.of(ssrc + 1, stamp(540ms), 6040ms) == 6040ms);
}

TEST_CASE("a camera whose clock stood still is late for good, and no longer than seconds") {
    SteadyArrival arrival(rate);
    constexpr Time pause = 20s;
    for (const Time taken : pictures(500)) {
        const bool after = taken >= 4s;
        const Time came = 5s + taken + (after ? pause : 0s);
        const Time time = arrival.of(ssrc, stamp(taken), came);
        CHECK(time <= came);
        if (!after || taken > 8s) CHECK(came - time < 1ms);
    }
}
