#include "catch.hpp"

#include <rill/clock.hpp>

using namespace rill;

TEST_CASE("times are read as RFC 3339 writes them") {
    constexpr std::int64_t ten = 1'767'866'400'000'000;
    struct Row {
        const char* text;
        std::int64_t us;
    };
    for (const Row& row : {
             Row{"2026-01-08T10:00:00Z", ten},
             Row{"2026-01-08t10:00:00z", ten},
             Row{"2026-01-08T11:00:00+01:00", ten},
             Row{"2026-01-08T11:00:00 01:00", ten},  // '+' as a form decodes it
             Row{"2026-01-08T04:30:00-05:30", ten},
             Row{"2026-01-08T10:00:00.5Z", ten + 500'000},
             Row{"2026-01-08T10:00:00.000001Z", ten + 1},
             Row{"2026-01-08T10:00:00.123456789Z", ten + 123'456},
             Row{"1969-12-31T23:59:59.5Z", -500'000},
             Row{"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
             Row{"2016-12-31T23:59:60Z", 1'483'228'800'000'000},
         }) {
        INFO(row.text);
        const auto time = parse_rfc3339(row.text);
        REQUIRE(time);
        CHECK(*time == row.us);
        CHECK(*parse_rfc3339(rfc3339_us(*time)) == *time);
    }
    CHECK(rfc3339_us(ten + 42) == "2026-01-08T10:00:00.000042Z");
    CHECK(rfc3339_us(-1) == "1969-12-31T23:59:59.999999Z");
    CHECK(rfc3339(ten + 123'999) == "2026-01-08T10:00:00.123Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("what is no time is refused") {
    for (const char* text :
         {"", "now", "1767866400", "2026-01-08", "2026-01-08T10:00:00", "2026-1-8T10:00:00Z",
          "2026-13-08T10:00:00Z", "2026-02-29T10:00:00Z", "2026-01-08T24:00:00Z", "2026-01-08T10:60:00Z",
          "2026-01-08T10:00:61Z", "2026-01-08T10:00:00.Z", "2026-01-08T10:00:00+1:00",
          "2026-01-08T10:00:00+24:00", "2026-01-08T10:00:00Zx", "-026-01-08T10:00:00Z"}) {
        INFO(text);
        const auto time = parse_rfc3339(text);
        REQUIRE_FALSE(time);
        CHECK(time.error().code == Code::invalid_config);
    }
}

TEST_CASE("a moment is a time, or so long ago") {
    constexpr std::int64_t now = 1'767'866'400'000'000;
    for (const auto& [text, us] : {std::pair("0", now), std::pair("30", now - 30'000'000),
                                   std::pair("0.0000004", now), std::pair("0.5", now - 500'000)}) {
        INFO(text);
        const auto moment = parse_moment(text, now);
        REQUIRE(moment);
        CHECK(moment->utc_us == us);
        CHECK(moment->relative);
    }
    const auto time = parse_moment("2026-01-08T11:00:00+01:00", 5);
    REQUIRE(time);
    CHECK(time->utc_us == now);
    CHECK_FALSE(time->relative);
    for (const char* text : {"", "-1", "-0.001", "nan", "inf", "1e300", "4e9", "30s", "yesterday"}) {
        INFO(text);
        const auto refused = parse_moment(text, now);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::invalid_config);
    }
}
