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
