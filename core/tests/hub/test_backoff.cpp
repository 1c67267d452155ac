#include "catch.hpp"
#include "hub/backoff.hpp"
#include "hub/watchdog.hpp"

#include <set>

using namespace rill;
using namespace std::chrono_literals;

TEST_CASE("attempts wait longer and longer, and never more than 36 s") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Backoff backoff(seed);
        std::chrono::milliseconds nominal = 500ms;
        for (int attempt = 0; attempt < 30; ++attempt) {
            const auto wait = backoff.next(Code::unavailable);
            CHECK(wait >= nominal * 8 / 10);
            CHECK(wait <= nominal * 12 / 10);
            nominal = std::min<std::chrono::milliseconds>(nominal * 5 / 4, 30s);
        }
        CHECK(backoff.next(Code::timeout, 10s) >= 24s);
        CHECK(backoff.next(Code::timeout, 10s + 1ns) <= 600ms);
        CHECK(backoff.next(Code::timeout) >= 500ms);
    }
}

TEST_CASE("a refused login waits about a minute, and changes nothing for other failures") {
    Backoff backoff(7);
    CHECK(backoff.next(Code::unauthorized) >= 48s);
    CHECK(backoff.next(Code::unauthorized) <= 72s);
    CHECK(backoff.next(Code::unavailable) <= 600ms);
}

TEST_CASE("cameras with different names do not come back in step") {
    std::set<std::chrono::milliseconds> waits;
    for (const std::string name : {"cam1", "cam2", "cam3", "cam4", "cam5", "cam6", "cam7", "cam8"})
        waits.insert(Backoff(std::hash<std::string>()(name)).next(Code::unavailable));
    CHECK(waits.size() >= 4);
}

TEST_CASE("the watchdog counts from the start, then from the newest unit") {
    Watchdog watchdog(10s);
    watchdog.start(100s);
    CHECK_FALSE(watchdog.expired(110s, 0s));
    CHECK(watchdog.expired(110s + 1ns, 0s));
    CHECK_FALSE(watchdog.expired(114s, 105s));
    CHECK(watchdog.expired(116s, 105s));
    watchdog.start(200s);
    CHECK_FALSE(watchdog.expired(209s, 105s));
}
