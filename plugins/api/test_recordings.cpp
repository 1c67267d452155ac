#include "segment_cursor.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::api::testing;

namespace {

/// 10 s, 10 s right behind it, and after a gap 10 s of another codec.
void record(ApiSite& site) {
    site.add(0, 10, 1);
    site.add(10, 20, 1);
    site.add(100, 110, 2);
}

}  // namespace

TEST_CASE("all that is recorded is listed by name") {
    ApiSite site;
    record(site);
    site.add(50, 60, 1, "site/door/2");
    const Json list = site.json("GET", "/api/v1/recordings");
    REQUIRE(list.items().size() == 2);
    const Json& first = list.items()[0];
    CHECK(first["name"].text() == "cam1");
    CHECK(first["start"].text() == "2026-01-08T10:00:00.000000Z");
    CHECK(first["end"].text() == at(110));
    CHECK(first["bytes"].integer() == 3000);
    CHECK(first["segments"].integer() == 3);
    CHECK(list.items()[1]["name"].text() == "site/door/2");
}

TEST_CASE("nothing recorded is an empty list") {
    ApiSite site;
    CHECK(site.json("GET", "/api/v1/recordings") == Json::array());
}

TEST_CASE("a path has spans, and gaps between them") {
    ApiSite site;
    record(site);
    const Json body = site.json("GET", "/api/v1/recordings/cam1");
    CHECK(body["name"].text() == "cam1");
    CHECK(body["bytes"].integer() == 3000);
    CHECK(body["segments"].integer() == 3);
    REQUIRE(body["spans"].items().size() == 2);
    const Json& span = body["spans"].items()[0];
    CHECK(span["start"].text() == at(0));
    CHECK(span["end"].text() == at(20));
    CHECK(span["duration"].number() == 20.0);
    CHECK(span["codecs"].text() == "avc1.64001f,mp4a.40.2");
    REQUIRE(body["gaps"].items().size() == 1);
    CHECK(body["gaps"].items()[0]["start"].text() == at(20));
    CHECK(body["gaps"].items()[0]["end"].text() == at(100));
}

TEST_CASE("the files of a long range are counted in turns") {
    ApiSite site;
    for (int i = 0; i < 2500; ++i)
        site.add(i, i + 1, 1);
    const Json body = site.json("GET", "/api/v1/recordings/cam1");
    CHECK(body["spans"].items().size() == 1);
    CHECK(body["segments"].integer() == 2500);
    CHECK(body["bytes"].integer() == 2'500'000);
    CHECK(site.recordings().largest_look() <= api::segments_a_turn + 2);
}

TEST_CASE("other formats without a pause are another span and no gap") {
    ApiSite site;
    site.add(0, 10, 1);
    site.add(10, 20, 2);
    const Json body = site.json("GET", "/api/v1/recordings/cam1");
    CHECK(body["spans"].items().size() == 2);
    CHECK(body["gaps"] == Json::array());
}

TEST_CASE("spans are cut off at the range") {
    ApiSite site;
    record(site);
    const Json body = site.json("GET", "/api/v1/recordings/cam1?" + range(5, 7.5));
    REQUIRE(body["spans"].items().size() == 1);
    CHECK(body["spans"].items()[0]["start"].text() == at(5));
    CHECK(body["spans"].items()[0]["duration"].number() == 2.5);
    CHECK(body["segments"].integer() == 1);
    CHECK(body["bytes"].integer() == 1000);
    CHECK(site.json("GET", "/api/v1/recordings/cam1?start=" + at(50))["spans"].items().size() == 1);
    CHECK(site.json("GET", "/api/v1/recordings/cam1?end=" + at(50))["spans"].items().size() == 1);
}

TEST_CASE("where nothing was recorded, the nearest is told") {
    ApiSite site;
    record(site);
    const Json between = site.json("GET", "/api/v1/recordings/cam1?" + range(30, 40));
    CHECK(between["spans"] == Json::array());
    CHECK(between["gaps"] == Json::array());
    CHECK(between["bytes"].integer() == 0);
    CHECK(between["before"].text() == at(20));
    CHECK(between["after"].text() == at(100));
    const Json early = site.json("GET", "/api/v1/recordings/cam1?" + range(-20, -10));
    CHECK(early.contains("before"));
    CHECK(early["before"].is_null());
    CHECK(early["after"].text() == at(0));
    const Json late = site.json("GET", "/api/v1/recordings/cam1?" + range(200, 210));
    CHECK(late["before"].text() == at(110));
    CHECK(late.contains("after"));
    CHECK(late["after"].is_null());
    CHECK_FALSE(site.json("GET", "/api/v1/recordings/cam1").contains("before"));
}

TEST_CASE("a path of which nothing is recorded is not found, whatever is asked") {
    ApiSite site;
    record(site);
    const std::string both = "?" + range(0, 10);
    for (const auto& [method, target] :
         {std::pair{"GET", std::string("cam2")}, std::pair{"GET", std::string("cam2/segments")},
          std::pair{"DELETE", "cam2" + both}, std::pair{"POST", "cam2/lock" + both},
          std::pair{"POST", "cam2/unlock" + both}, std::pair{"GET", std::string()},
          std::pair{"GET", std::string("segments")}}) {
        INFO(method << " " << target);
        const auto reply = site.call(method, "/api/v1/recordings/" + target);
        CHECK(reply.status == 404);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("what lies in a range is deleted, but not what is locked or being written") {
    ApiSite site;
    record(site);
    auto open = ApiSite::segment(110, 115, 2);
    open.open = true;
    site.recordings().add("cam1", open);
    CHECK(site.json("POST", "/api/v1/recordings/cam1/lock?" + range(12, 13))["segments"].integer() == 1);
    CHECK(site.json("DELETE", "/api/v1/recordings/cam1?" + range(1, 20))["bytes"].integer() == 0);
    CHECK(site.json("DELETE", "/api/v1/recordings/cam1?" + range(0, 1000))["bytes"].integer() == 2000);
    CHECK(site.json("GET", "/api/v1/recordings/cam1")["segments"].integer() == 2);
    CHECK(site.json("POST", "/api/v1/recordings/cam1/lock?" + range(12, 13))["segments"].integer() == 0);
    CHECK(site.json("POST", "/api/v1/recordings/cam1/unlock?" + range(0, 1000))["segments"].integer() == 1);
    CHECK(site.json("DELETE", "/api/v1/recordings/cam1?" + range(0, 1000))["bytes"].integer() == 1000);
}

TEST_CASE("deleting and locking need both times") {
    ApiSite site;
    record(site);
    for (const std::string& query :
         {std::string(), "?start=" + at(0), "?end=" + at(10), "?start=&end=" + at(10), "?" + range(10, 0),
          "?" + range(5, 5), "?start=now&end=" + at(10)}) {
        for (const auto& [method, target] : {std::pair{"DELETE", "cam1"}, std::pair{"POST", "cam1/lock"},
                                             std::pair{"POST", "cam1/unlock"}}) {
            INFO(method << " " << target << query);
            const auto reply = site.call(method, "/api/v1/recordings/" + std::string(target) + query);
            CHECK(reply.status == 400);
            CHECK_FALSE(reply.error().empty());
        }
    }
    CHECK(site.json("GET", "/api/v1/recordings/cam1")["segments"].integer() == 3);
}

TEST_CASE("ranges that say nothing sensible are refused, and the message names the key") {
    ApiSite site;
    record(site);
    for (const std::string path : {"cam1", "cam1/segments"}) {
        CHECK(site.get("/api/v1/recordings/" + path + "?" + range(2, 1)).status == 400);
        const auto reply = site.get("/api/v1/recordings/" + path + "?end=yesterday");
        CHECK(reply.status == 400);
        CHECK(reply.error().find("end: 'yesterday'") == 0);
    }
}

TEST_CASE("other methods are refused, and told which there are") {
    ApiSite site;
    record(site);
    const std::string both = "?" + range(0, 10);
    struct Row {
        const char* method;
        std::string target;
        const char* allow;
    };
    for (const Row& row :
         {Row{"POST", "recordings", "GET"}, Row{"DELETE", "recordings", "GET"}, Row{"PUT", "storages", "GET"},
          Row{"POST", "recordings/cam1", "GET, DELETE"}, Row{"DELETE", "recordings/cam1/segments", "GET"},
          Row{"GET", "recordings/cam1/lock" + both, "POST"},
          Row{"DELETE", "recordings/cam1/unlock", "POST"}}) {
        INFO(row.method << " " << row.target);
        const auto reply = site.call(row.method, "/api/v1/" + row.target);
        CHECK(reply.status == 405);
        REQUIRE(reply.headers.count("allow") == 1);
        CHECK(reply.headers.at("allow") == row.allow);
    }
    CHECK(site.call("OPTIONS", "/api/v1/recordings/cam1").status == 204);
}

TEST_CASE("names hold slashes, and a configured path wins over a word") {
    ApiSite site;
    site.add(0, 10, 1, "site/door/2");
    site.add(0, 20, 1, "site/lock");
    CHECK(site.json("GET", "/api/v1/recordings/site/door/2")["name"].text() == "site/door/2");
    CHECK(site.get("/api/v1/recordings/site/lock").status == 405);
    PathStatus configured;
    configured.name = "site/lock";
    site.paths().set(configured);
    CHECK(site.json("GET", "/api/v1/recordings/site/lock")["spans"].items()[0]["end"].text() == at(20));
    CHECK(site.json("POST", "/api/v1/recordings/site/lock/lock?" + range(0, 1))["segments"].integer() == 1);
}

TEST_CASE("storages are told as they are") {
    ApiSite site;
    site.recordings().set_storages({test::numbered_storage("/srv/a"), {.root = "/srv/b", .failure = {}}});
    const Json list = site.json("GET", "/api/v1/storages");
    REQUIRE(list.items().size() == 2);
    CHECK(list.items()[0].dump() ==
          R"({"root":"/srv/a","segments":1,"bytes":2,"diskBytes":3,"diskFree":4,"writtenBytes":5,)"
          R"("queuedBytes":6,"droppedParts":7,"deletedBytes":8,"failure":"no space left"})");
    CHECK(list.items()[1]["failure"].text() == "");
}

TEST_CASE("without an archive everything says so") {
    ApiSite site;
    site.lose_archive();
    for (const std::string target :
         {"/api/v1/recordings", "/api/v1/recordings/cam1", "/api/v1/storages",
          "/api/v1/recordings/cam1/segments", "/v3/recordings/list", "/v3/recordings/get/cam1"}) {
        INFO(target);
        const auto reply = site.get(target);
        CHECK(reply.status == 503);
        CHECK(reply.error().find("recordings") != std::string::npos);
    }
    CHECK(site.call("DELETE", "/v3/recordings/deletesegment").status == 503);
    CHECK(site.get("/health").status == 200);
}

TEST_CASE("what the archive cannot do is the answer, and a request is never left open") {
    ApiSite site;
    record(site);
    site.recordings().refuse({Code::unavailable, "the disk is gone"});
    const std::string both = "?" + range(0, 10);
    const auto calls = {std::pair{"GET", std::string("/api/v1/recordings")},
                        std::pair{"GET", std::string("/api/v1/recordings/cam1")},
                        std::pair{"GET", std::string("/api/v1/recordings/cam1/segments")},
                        std::pair{"DELETE", "/api/v1/recordings/cam1" + both},
                        std::pair{"POST", "/api/v1/recordings/cam1/lock" + both},
                        std::pair{"GET", std::string("/v3/recordings/list")},
                        std::pair{"GET", std::string("/v3/recordings/get/cam1")},
                        std::pair{"DELETE", "/v3/recordings/deletesegment?path=cam1&start=" + at(0)}};
    for (const auto& [method, target] : calls) {
        INFO(method << " " << target);
        const auto reply = site.call(method, target);
        CHECK(reply.status == 503);
        CHECK(reply.error() == "the disk is gone");
    }
    site.recordings().drop();
    for (const auto& [method, target] : calls) {
        INFO(method << " " << target);
        CHECK(site.call(method, target).status == 500);
    }
}

TEST_CASE("pages of other origins may read the answers") {
    ApiSite site;
    record(site);
    for (const std::string target :
         {"/api/v1/recordings", "/v3/recordings/list", "/api/v1/recordings/none"}) {
        const auto reply = site.get(target);
        CHECK(reply.headers.at("access-control-allow-origin") == "*");
        CHECK(reply.headers.at("cache-control") == "no-store");
    }
}
