#include "catch.hpp"
#include "testing.hpp"

#include <fmt/format.h>

#include <random>

using namespace rill;
using namespace rill::playback::testing;

namespace {

/// Everything that an answer can be made of: several files, a gap, other parameters, another codec.
void record(Site& site) {
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 2.9, 1);
    site.add({"large", "aac"}, 10, 2);
    site.add({"h265", "pcmu"}, 20, 3);
}

void check_ranges(Site& site, const std::string& url) {
    const auto whole = site.get(url);
    REQUIRE(whole.status == 200);
    std::mt19937 random(4711);
    const auto any = [&](std::size_t below) { return random() % below; };
    for (int i = 0; i < 200; ++i) {
        const std::size_t first = any(whole.body.size());
        const std::size_t longest = i % 4 == 0 ? whole.body.size() - first : 3000;
        const std::size_t count = 1 + any(std::min(longest, whole.body.size() - first));
        INFO(url << " " << first << " +" << count);
        const auto part = site.get(url, fmt::format("Range: bytes={}-{}\r\nIf-Range: {}\r\n", first,
                                                    first + count - 1, whole.headers.at("etag")));
        REQUIRE(part.status == 206);
        REQUIRE(part.body.size() == count);
        REQUIRE(whole.body.compare(first, count, part.body) == 0);
    }
}

}  // namespace

TEST_CASE("any range is what the whole answer has there") {
    Site site;
    record(site);
    check_ranges(site, get_url(0.5, 100));
    check_ranges(site, get_url(0.5, 1));
    check_ranges(site, get_url(0.5, 100, "&format=mp4"));
}

TEST_CASE("ranges outside of the answer, and of an answer that is no more") {
    Site site;
    record(site);
    const auto beyond = site.get(get_url(0, 100), "Range: bytes=99999999999-\r\n");
    CHECK(beyond.status == 416);
    const auto other = site.get(get_url(0, 100), "Range: bytes=5-9\r\nIf-Range: \"other\"\r\n");
    CHECK(other.status == 200);
}
