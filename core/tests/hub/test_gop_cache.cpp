#include "catch.hpp"
#include "hub/gop_cache.hpp"
#include "units.hpp"

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

TEST_CASE("the cache begins with the newest keyframe and holds all tracks") {
    GopCache cache({10s, 1 << 20});
    cache.add(1, unit(Kind::audio, true, 0));
    cache.add(0, unit(Kind::video, false, 0));
    CHECK(cache.units(0).empty());
    CHECK(cache.units(1).empty());
    cache.add(0, unit(Kind::video, true, 40));
    cache.add(1, unit(Kind::audio, true, 50));
    cache.add(0, unit(Kind::video, false, 80));
    CHECK(cache.units(0).size() == 2);
    CHECK(cache.units(1).size() == 1);
    CHECK(cache.bytes() == 300);
    cache.add(0, unit(Kind::video, true, 120));
    CHECK(cache.units(0).size() == 1);
    CHECK(cache.units(1).empty());
    cache.clear();
    CHECK(cache.bytes() == 0);
}

TEST_CASE("where each picture is a keyframe, the newest is kept with the sound since") {
    GopCache cache({10s, 1 << 20});
    for (int ms = 0; ms < 60'000; ms += 40) {
        cache.add(0, unit(Kind::video, true, ms, 1000));
        cache.add(1, unit(Kind::audio, true, ms + 10));
        CHECK(cache.bytes() == 1100);
    }
    CHECK(cache.units(0).size() == 1);
    CHECK(cache.units(0).front()->dts == 59'960ms);
    CHECK(cache.units(1).size() == 1);
}

TEST_CASE("a group that outgrows a bound is forgotten whole") {
    SECTION("time") {
        GopCache cache({1s, 1 << 20});
        cache.add(0, unit(Kind::video, true, 0));
        cache.add(0, unit(Kind::video, false, 1000));
        CHECK(cache.units(0).size() == 2);
        cache.add(0, unit(Kind::video, false, 1001));
        CHECK(cache.units(0).empty());
        cache.add(0, unit(Kind::video, false, 1002));
        CHECK(cache.units(0).empty());
    }
    SECTION("bytes") {
        GopCache cache({10s, 250});
        cache.add(0, unit(Kind::video, true, 0));
        cache.add(0, unit(Kind::video, false, 1));
        CHECK(cache.units(0).size() == 2);
        cache.add(0, unit(Kind::video, false, 2));
        CHECK(cache.bytes() == 0);
    }
    SECTION("the next keyframe begins anew") {
        GopCache cache({10s, 250});
        cache.add(0, unit(Kind::video, true, 0, 300));
        CHECK(cache.units(0).empty());
        cache.add(0, unit(Kind::video, true, 1, 100));
        CHECK(cache.units(0).size() == 1);
    }
}

namespace {

/// A picture every 100 ms, a keyframe every second, and sound beside each.
void fill(GopCache& cache, int from_ms, int to_ms) {
    for (int ms = from_ms; ms < to_ms; ms += 100) {
        cache.add(0, unit(Kind::video, ms % 1000 == 0, ms));
        cache.add(1, unit(Kind::audio, true, ms + 10));
    }
}

int begin_ms(const std::vector<UnitPtr>& units) {
    return units.empty() ? -1 : static_cast<int>(units.front()->dts / 1ms);
}

}  // namespace

TEST_CASE("a history keeps whole groups, as many as cover it") {
    GopCache cache({10s, 1 << 20}, {3s, 1 << 20});
    fill(cache, 0, 7500);
    CHECK(begin_ms(cache.units(0)) == 7000);
    CHECK(begin_ms(cache.units_since(0, 0s)) == 4000);
    CHECK(begin_ms(cache.units_since(1, 0s)) == 4010);
    CHECK(begin_ms(cache.units_since(0, 5500ms)) == 5000);
    CHECK(begin_ms(cache.units_since(0, 5000ms)) == 5000);
    CHECK(cache.first_since(5500ms)->dts == 5000ms);
    // Now, although the newest unit is a little older.
    CHECK(begin_ms(cache.units_since(0, 7600ms)) == 7000);
    CHECK(cache.units_since(0, 4000ms).size() == 35);
    CHECK(cache.bytes() == 7000);
}

TEST_CASE("a history is bounded in bytes, the newest group excepted") {
    GopCache cache({10s, 1 << 20}, {60s, 4500});
    fill(cache, 0, 9000);
    CHECK(cache.bytes() <= 4500);
    CHECK(begin_ms(cache.units_since(0, 0s)) == 7000);
    // It may be as large as the cache's own bound.
    for (int ms = 9000; ms < 10'000; ms += 100)
        cache.add(0, unit(Kind::video, ms == 9000, ms, 1000));
    CHECK(begin_ms(cache.units_since(0, 0s)) == 9000);
}

TEST_CASE("what ended before the time that is asked for is not of it") {
    GopCache cache({10s, 1 << 20}, {10s, 1 << 20});
    fill(cache, 0, 2000);
    // An outage, and nothing since.
    CHECK(cache.units_since(0, 60s).empty());
    CHECK(cache.first_since(60s) == nullptr);
    fill(cache, 5000, 5500);
    CHECK(begin_ms(cache.units_since(0, 3500ms)) == 5000);
    CHECK(begin_ms(cache.units_since(0, 1500ms)) == 1000);
}

TEST_CASE("a history of sound alone is for those who ask for the past") {
    GopCache cache({10s, 1 << 20}, {3s, 1 << 20});
    for (int ms = 0; ms < 10'000; ms += 20)
        cache.add(0, unit(Kind::audio, true, ms));
    CHECK(cache.units(0).empty());
    const int begin = begin_ms(cache.units_since(0, 0s));
    CHECK(begin > 5000);
    CHECK(begin < 7000);
}

TEST_CASE("after a group that outgrew its bounds nothing is kept until a keyframe") {
    GopCache cache({1s, 1 << 20}, {3s, 1 << 20});
    fill(cache, 0, 1000);
    for (int ms = 1000; ms < 6000; ms += 100) {
        cache.add(0, unit(Kind::video, ms == 1000, ms));
        cache.add(1, unit(Kind::audio, true, ms + 10));
    }
    CHECK(cache.units_since(0, 0s).empty());
    CHECK(cache.units_since(1, 0s).empty());
    fill(cache, 6000, 6500);
    CHECK(begin_ms(cache.units_since(0, 0s)) == 6000);
    CHECK(begin_ms(cache.units_since(1, 0s)) == 6010);
}

TEST_CASE("pictures without a keyframe are not added to the sound before them") {
    GopCache cache({10s, 1 << 20}, {3s, 1 << 20});
    cache.add(1, unit(Kind::audio, true, 0));
    cache.add(0, unit(Kind::video, false, 40));
    CHECK(cache.units_since(0, 0s).empty());
    CHECK(cache.units_since(1, 0s).size() == 1);
    cache.add(0, unit(Kind::video, true, 80));
    CHECK(begin_ms(cache.units_since(0, 0s)) == 80);
}
