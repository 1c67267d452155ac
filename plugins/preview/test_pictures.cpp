// What previews show, and which time they say it is of.
#include "testing.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

using namespace rill;
using namespace rill::preview::testing;

namespace {

/// The first picture of a file with B-frames is shown two pictures after the file's start.
constexpr double reordering = 0.08;

void check_shows(const http::test::Reply& reply, const Colour& colour, double seconds) {
    INFO(reply.error());
    REQUIRE(reply.status == 200);
    const Shown shown = look_at(reply.body);
    INFO(shown.middle << " is not " << colour);
    CHECK(is_like(shown.middle, colour));
    CHECK(reply.headers.at("x-rill-time") == at(seconds));
}

}  // namespace

TEST_CASE("a preview shows the keyframe at or before its time") {
    for (const std::string name : {"h264", "h265", "hd"}) {
        INFO(name);
        PreviewSite site;
        site.add(name, 0);
        const double first = name == "h264" ? reordering : 0;
        for (const std::size_t second : {0U, 1U, 2U, 1U, 0U}) {
            const double shown = first + static_cast<double>(second);
            for (const double later : {0.0, 0.5, 0.919}) {
                INFO(second << " " << later);
                check_shows(site.preview(at(shown + later)), colour_of(second), shown);
            }
        }
    }
}

TEST_CASE("before the first picture of a file that one is shown") {
    PreviewSite site;
    site.add("h264", 0);
    check_shows(site.preview(at(0.01)), colour_of(0), reordering);
}

TEST_CASE("a keyframe in the middle of a part is found") {
    PreviewSite site;
    site.add("short", 0);
    for (const std::size_t change : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        const double shown = 0.32 * static_cast<double>(change);
        check_shows(site.preview(at(shown + 0.3)), colour_of(change), shown);
    }
}

TEST_CASE("a keyframe long before is found") {
    PreviewSite site;
    site.add("sparse", 0);
    check_shows(site.preview(at(2.95)), colour_of(0), 0);
}

TEST_CASE("recordings in other formats take turns") {
    PreviewSite site;
    site.add("h264", 0, 1);
    site.add("hd", 10, 2);
    site.add("h265", 20, 3);
    // Other times each round: nothing comes from the cache.
    for (const std::size_t second : {0U, 1U, 2U}) {
        const auto later = static_cast<double>(second);
        check_shows(site.preview(at(later + 0.5)), colour_of(second), later + reordering);
        check_shows(site.preview(at(later + 10.5)), colour_of(second), later + 10);
        check_shows(site.preview(at(later + 20.5)), colour_of(second), later + 20);
    }
}

TEST_CASE("a preview is as wide as asked for and keeps its shape") {
    const auto size = [](PreviewSite& site, const std::string& more) {
        const auto reply = site.preview(at(0.5), more);
        REQUIRE(reply.status == 200);
        const Shown shown = look_at(reply.body);
        return std::pair(shown.width, shown.height);
    };
    PreviewSite site;
    site.add("h264", 0);
    CHECK(size(site, "") == std::pair(160, 90));
    CHECK(size(site, "&width=64") == std::pair(64, 36));
    CHECK(size(site, "&width=640") == std::pair(640, 360));
    CHECK(size(site, "&width=98") == std::pair(98, 56));
    CHECK(size(site, "&width=160") == std::pair(160, 90));
    PreviewSite wide;
    wide.add("wide", 0);
    CHECK(size(wide, "&width=320") == std::pair(320, 90));
}

TEST_CASE("files of a chain have no gap between them") {
    PreviewSite site;
    site.add("hd", 0, 1);
    site.add("hd", 3.1, 1);
    const auto reply = site.preview(at(3.05));
    check_shows(reply, colour_of(2), 2);
    CHECK(reply.headers.at("cache-control") == "private, max-age=86400, immutable");
}

TEST_CASE("while it is recorded, its end is the last keyframe, for a moment") {
    PreviewSite site;
    const auto id = site.add("hd", 0);
    site.recordings().keep_open(id, 8);  // 1.6 s
    const auto within = site.preview(at(1.5));
    check_shows(within, colour_of(1), 1);
    CHECK(within.headers.at("cache-control") == "private, max-age=86400, immutable");
    for (const std::string& time : {at(1.6), at(50), std::string("0"), std::string("0.5")}) {
        const auto behind = site.preview(time);
        check_shows(behind, colour_of(1), 1);
        CHECK(behind.headers.at("cache-control") == "private, max-age=1");
    }
    CHECK(site.preview("2999-01-01T00:00:00Z").status == 404);
}

TEST_CASE("between two files there may be none for a moment") {
    PreviewSite site;
    site.add("hd", 0);
    const auto reply = site.preview(at(4.5));
    check_shows(reply, colour_of(2), 2);
    CHECK(reply.headers.at("cache-control") == "private, max-age=1");
    CHECK(site.preview(at(5.5)).status == 404);
}

TEST_CASE("a time may be seconds before now") {
    PreviewSite site;
    const std::int64_t start_us = utc_now_us() - 3'600'000'000;
    site.recordings().add("cam1", recording("sparse").path(), start_us, 1);
    const auto reply = site.preview("3598.5");
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("x-rill-time") == rfc3339_us(start_us));
    CHECK(reply.headers.at("cache-control") == "private, max-age=1");
    CHECK(site.preview("3602").status == 404);
}
