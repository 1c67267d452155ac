#include "catch.hpp"
#include "testing.hpp"

#include <rill/json.hpp>

using namespace rill;
using namespace rill::playback::testing;

namespace {

std::vector<Json> entries(const Reply& reply) {
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    const auto body = Json::parse(reply.body);
    REQUIRE(body);
    REQUIRE(body->is_array());
    const auto items = body->items();
    return {items.begin(), items.end()};
}

/// 2.8 s from 0, 2.8 s right behind it, and after a gap 2.8 s of another codec.
void record(Site& site) {
    site.add({"h264"}, 0, 1);
    site.add({"h264"}, 2.8, 1);
    site.add({"h265"}, 100, 2);
}

}  // namespace

TEST_CASE("contiguous recordings are one entry, and its URL plays it") {
    Site site;
    record(site);
    const auto list = entries(site.get("/list?path=cam1"));
    REQUIRE(list.size() == 2);
    CHECK(list[0]["start"].text() == "2026-01-08T10:00:00.000000Z");
    CHECK(list[0]["duration"].number().value_or(0) == Approx(2.8 + seconds_of({"h264"})).margin(0.001));
    CHECK(list[1]["start"].text() == at(100));
    const std::string url = list[1]["url"].text().value_or("");
    CHECK(url.find("http://test/get?path=cam1&start=") == 0);
    CHECK(site.get(url.substr(std::string("http://test").size())).status == 200);
}

TEST_CASE("a list is cut off at its range") {
    Site site;
    record(site);
    const auto list = entries(site.get("/list?path=cam1&start=" + at(1) + "&end=" + at(4)));
    REQUIRE(list.size() == 1);
    CHECK(list[0]["start"].text() == at(1));
    CHECK(list[0]["duration"].number() == 3.0);
    CHECK(entries(site.get("/list?path=cam1&start=" + at(50))).size() == 1);
    CHECK(entries(site.get("/list?path=cam1&end=" + at(50))).size() == 1);
}

TEST_CASE("the names in a URL are encoded, and its scheme is the proxy's") {
    Site site;
    site.recordings().add("a b/c&d", recording({"h264"}).path(), ten_us, 1);
    const auto list = entries(site.get("/list?path=a%20b/c%26d", "X-Forwarded-Proto: https\r\n"));
    REQUIRE(list.size() == 1);
    CHECK(list[0]["url"].text().value_or("").find(
              "https://test/get?path=a%20b%2Fc%26d&start=2026-01-08T10%3A") == 0);
}

TEST_CASE("where nothing is recorded, the nearest is told") {
    Site site;
    record(site);
    const auto reply = site.get("/list?path=cam1&start=" + at(20) + "&end=" + at(30));
    CHECK(reply.status == 404);
    const auto body = Json::parse(reply.body);
    REQUIRE(body);
    CHECK((*body)["status"].text() == "error");
    CHECK((*body)["before"].text().value_or("").find("2026-01-08T10:00:05.") == 0);
    CHECK((*body)["after"].text() == at(100));
    CHECK(site.get("/list?path=cam2").status == 404);
    const auto unknown = Json::parse(site.get("/list?path=cam2").body);
    REQUIRE(unknown);
    CHECK(unknown->contains("before"));
    CHECK((*unknown)["before"].is_null());
    CHECK(unknown->contains("after"));
    CHECK((*unknown)["after"].is_null());
}

TEST_CASE("a list that asks for nothing sensible is refused") {
    Site site;
    record(site);
    for (const std::string& query :
         {std::string(), std::string("?path="), std::string("?path=cam1&start=x"),
          std::string("?path=cam1&end=2026"), "?path=cam1&start=" + at(2) + "&end=" + at(1),
          "?path=cam1&start=" + at(2) + "&end=" + at(2)}) {
        INFO(query);
        const auto reply = site.get("/list" + query);
        CHECK(reply.status == 400);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("a time that is none is named by its key") {
    Site site;
    record(site);
    for (const std::string url : {"/list?path=cam1&", "/cam1/index.m3u8?", "/get?path=cam1&duration=1&"}) {
        INFO(url);
        CHECK(site.get(url + "start=x").error().starts_with("start: 'x'"));
    }
    for (const std::string& url :
         {std::string("/list?path=cam1&"), "/cam1/index.m3u8?start=" + at(0) + "&"}) {
        INFO(url);
        CHECK(site.get(url + "end=x").error().starts_with("end: 'x'"));
    }
    CHECK(site.get("/get?path=cam1&start=" + at(0) + "&duration=x").error().starts_with("duration: 'x'"));
}

TEST_CASE("pages of other origins may ask, and methods that change nothing only") {
    Site site;
    record(site);
    const auto reply = site.get("/list?path=cam1", "Origin: http://other\r\n");
    CHECK(reply.headers.at("access-control-allow-origin") == "*");
    const auto preflight = site.call("OPTIONS", "/get", "Origin: http://other\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.headers.at("access-control-allow-headers").find("range") != std::string::npos);
    const auto post = site.call("POST", "/get?path=cam1");
    CHECK(post.status == 405);
    CHECK(post.headers.at("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("a preflight allows the origin once: browsers take no second header") {
    Site site;
    site.start();
    const std::string reply = site.harness().with([port = site.port()] {
        http::test::Client client(port);
        client.send(
            "OPTIONS /get HTTP/1.1\r\nHost: test\r\nOrigin: http://other\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    });
    const std::string name = "Access-Control-Allow-Origin: ";
    INFO(reply);
    REQUIRE(reply.find(name) != std::string::npos);
    CHECK(reply.find(name) == reply.rfind(name));
}

TEST_CASE("without an archive there is nothing, and a reason") {
    Site site;
    site.lose_archive();
    for (const std::string& target : {std::string("/list?path=cam1"), get_url(0, 1)}) {
        const auto reply = site.get(target);
        CHECK(reply.status == 404);
        CHECK(reply.error().find("recorded") != std::string::npos);
    }
}
