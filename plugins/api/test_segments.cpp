#include "segment_cursor.hpp"
#include "testing.hpp"

#include <set>

using namespace rill;
using namespace rill::api;
using namespace rill::api::testing;

namespace {

constexpr std::string_view url = "/api/v1/recordings/cam1/segments";

/// The starts of all pages, in the order of the answers.
std::vector<std::string> all_pages(ApiSite& site, const std::string& query, std::size_t at_most) {
    std::vector<std::string> starts;
    std::string more;
    do {
        const Json body = site.json("GET", fmt::format("{}?{}{}", url, query, more));
        CHECK(body["segments"].items().size() <= at_most);
        REQUIRE_FALSE(body["segments"].items().empty());
        for (const Json& segment : body["segments"].items())
            starts.push_back(segment["start"].text().value_or(""));
        more = body.contains("next") ? "&next=" + body["next"].text().value_or("") : "";
    } while (!more.empty());
    return starts;
}

}  // namespace

TEST_CASE("segments are told with all that is known of them") {
    ApiSite site;
    site.add(0, 10, 1);
    auto open = ApiSite::segment(10, 12.5, 1);
    open.open = true;
    site.recordings().add("cam1", open);
    site.json("POST", "/api/v1/recordings/cam1/lock?" + range(0, 1));
    const Json body = site.json("GET", url);
    CHECK(body["name"].text() == "cam1");
    REQUIRE(body["segments"].items().size() == 2);
    CHECK(body["segments"].items()[0].dump() ==
          R"({"start":"2026-01-08T10:00:00.000000Z","end":"2026-01-08T10:00:10.000000Z","file":"/srv/0.mp4",)"
          R"("bytes":1000,"locked":true,"open":false,"format":"fmp4","codecs":"avc1.64001f,mp4a.40.2"})");
    CHECK(body["segments"].items()[1]["open"].boolean() == true);
    CHECK(body["segments"].items()[1]["locked"].boolean() == false);
    CHECK_FALSE(body.contains("next"));
}

TEST_CASE("segments are those that have something of the range") {
    ApiSite site;
    for (int i = 0; i < 5; ++i)
        site.add(i * 10, i * 10 + 10, 1);
    CHECK(site.json("GET", fmt::format("{}?{}", url, range(15, 30)))["segments"].items().size() == 2);
    CHECK(site.json("GET", fmt::format("{}?{}", url, range(100, 200)))["segments"] == Json::array());
}

TEST_CASE("pages hold every segment once") {
    ApiSite site;
    std::vector<std::string> expected;
    for (int i = 0; i < 10; ++i) {
        site.add(i * 10, i * 10 + 10, 1);
        expected.push_back(at(i * 10));
    }
    for (const std::size_t limit : {1u, 2u, 3u, 5u, 9u, 10u, 11u}) {
        INFO(limit);
        CHECK(all_pages(site, fmt::format("limit={}", limit), limit) == expected);
    }
    CHECK(all_pages(site, "limit=2&" + range(15, 45), 2) ==
          std::vector<std::string>(expected.begin() + 1, expected.begin() + 5));
}

TEST_CASE("pages go on where recordings overlap and begin at the same time") {
    ApiSite site;
    // The clock was set back again and again: one lies over all, and many begin together.
    site.add(0, 1000, 1);
    for (int i = 0; i < 7; ++i)
        site.add(5, 500 + i, 2 + i);
    site.add(20, 30, 20);
    for (const std::size_t limit : {1u, 2u, 4u, 8u}) {
        INFO(limit);
        const auto starts = all_pages(site, fmt::format("limit={}", limit), limit);
        REQUIRE(starts.size() == 9);
        CHECK(starts.front() == at(0));
        CHECK(starts[1] == at(5));
        CHECK(starts[7] == at(5));
        CHECK(starts.back() == at(20));
    }
}

TEST_CASE("a page goes on behind a segment that was deleted meanwhile") {
    ApiSite site;
    site.add(0, 10, 1);
    const auto second = site.add(10, 20, 1);
    site.add(20, 30, 1);
    const Json first = site.json("GET", fmt::format("{}?limit=2", url));
    site.recordings().forget(second);
    const Json rest =
        site.json("GET", fmt::format("{}?limit=2&next={}", url, first["next"].text().value_or("")));
    REQUIRE(rest["segments"].items().size() == 1);
    CHECK(rest["segments"].items()[0]["start"].text() == at(20));
}

TEST_CASE("a large page is looked up in turns") {
    ApiSite site;
    for (int i = 0; i < 3500; ++i)
        site.add(i, i + 1, 1);
    CHECK(site.json("GET", url)["segments"].items().size() == 1000);
    const Json page = site.json("GET", fmt::format("{}?limit=3200", url));
    REQUIRE(page["segments"].items().size() == 3200);
    CHECK(page["segments"].items()[3199]["start"].text() == at(3199));
    const Json rest =
        site.json("GET", fmt::format("{}?limit=10000&next={}", url, page["next"].text().value_or("")));
    CHECK(rest["segments"].items().size() == 300);
    CHECK(site.recordings().largest_look() <= segments_a_turn + 2);
}

TEST_CASE("limits and places that are none are refused") {
    ApiSite site;
    site.add(0, 10, 1);
    for (const std::string query :
         {"limit=0", "limit=-1", "limit=10001", "limit=1e2", "limit=ten", "next=x", "next=1", "next=1.",
          "next=1.2x", "next=.1", "next=99999999999999999999.1"}) {
        INFO(query);
        const auto reply = site.get(fmt::format("{}?{}", url, query));
        CHECK(reply.status == 400);
        CHECK(reply.error().find(query.substr(0, 4)) == 0);
    }
    CHECK(site.json("GET", fmt::format("{}?next=9223372036854775807.1", url))["segments"] == Json::array());
}
