#include "catch.hpp"
#include "times.hpp"

using namespace rill;
using namespace rill::playback;

TEST_CASE("durations are seconds or Go's") {
    CHECK(*parse_length("200.5") == 200'500'000);
    CHECK(*parse_length("1e2") == 100'000'000);
    CHECK(*parse_length("0.000001") == 1);
    CHECK(*parse_length("3m20s") == 200'000'000);
    CHECK(*parse_length("1.5h") == 5'400'000'000);
    CHECK(*parse_length("31622400") == 31'622'400'000'000);
    CHECK(*parse_length("366d") == 31'622'400'000'000);
    for (const char* text : {"", "0", "0s", "-1", "-1s", "nan", "-nan", "inf", "1e999", "31622401", "367d",
                             "0x10", "10 s", "ten", "1e-9", "+5"}) {
        INFO(text);
        CHECK_FALSE(parse_length(text));
    }
}
