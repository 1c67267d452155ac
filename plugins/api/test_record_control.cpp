#include "testing.hpp"

using namespace rill;
using namespace rill::api::testing;
using namespace std::chrono_literals;

namespace {

SinkStatus recorder(SinkStatus::On on) {
    SinkStatus sink;
    sink.id = "record";
    sink.on = on;
    sink.running = true;
    sink.from_us = at_us(0);
    return sink;
}

PathStatus path(const std::string& name, std::vector<SinkStatus> sinks = {}) {
    PathStatus status;
    status.name = name;
    status.state = PathState::online;
    status.sinks = std::move(sinks);
    return status;
}

const std::string url = "/api/v1/streams/site/cam1/record";

}  // namespace

TEST_CASE("a start says how far back and for how long") {
    ApiSite site;
    SinkStatus sink = recorder(SinkStatus::On::by_request);
    sink.until_us = at_us(60);
    site.paths().set(path("site/cam1", {sink}));
    const Json body = site.json("POST", url + "/start?preroll=10s&duration=1m");
    CHECK(body.dump() == R"({"recording":true,"reason":"request","from":")" + at(0) + R"(","until":")" +
                             at(60) + R"(","failure":null})");
    site.json("POST", url + "/start?preroll=2.5&duration=90");
    site.json("POST", url + "/start");
    const auto& orders = site.paths().orders;
    REQUIRE(orders.size() == 3);
    CHECK(orders[0].path == "site/cam1");
    CHECK(orders[0].sink == "record");
    CHECK(orders[0].on->back == 10s);
    CHECK(orders[0].on->duration == 1min);
    CHECK(orders[1].on->back == 2500ms);
    CHECK(orders[1].on->duration == 90s);
    CHECK_FALSE(orders[2].on->back);
    CHECK_FALSE(orders[2].on->duration);
}

TEST_CASE("a stop is passed on, and a refusal told") {
    ApiSite site;
    site.paths().set(path("site/cam1"));
    CHECK(site.json("POST", url + "/stop")["recording"] == Json(false));
    REQUIRE(site.paths().orders.size() == 1);
    CHECK_FALSE(site.paths().orders[0].on);
    site.paths().order_answer = Error{Code::conflict, "record: yes"};
    CHECK(site.call("POST", url + "/stop").status == 409);
    site.paths().order_answer = Error{Code::not_found, "no such path"};
    CHECK(site.call("POST", "/api/v1/streams/none/record/start").status == 404);
}

TEST_CASE("whether a stream is recorded, and why not") {
    ApiSite site;
    site.paths().set(path("site/cam1"));
    const Json off = site.json("GET", url);
    CHECK(off["recording"] == Json(false));
    for (const char* key : {"reason", "from", "until", "failure"}) {
        CHECK(off.contains(key));
        CHECK(off[key].is_null());
    }
    SinkStatus full = recorder(SinkStatus::On::by_configuration);
    full.running = false;
    full.from_us = 0;
    full.reason = "the disk is full";
    site.paths().set(path("site/cam1", {full}));
    const Json failed = site.json("GET", url);
    CHECK(failed["recording"] == Json(true));
    CHECK(failed["reason"].text() == "config");
    CHECK(failed["from"].is_null());
    CHECK(failed["failure"].text() == "the disk is full");
    PathStatus offline = path("site/cam1", {recorder(SinkStatus::On::by_request)});
    offline.state = PathState::offline;
    offline.reason = "no route";
    site.paths().set(offline);
    CHECK(site.json("GET", url)["failure"].text() == "the stream is offline: no route");
}

TEST_CASE("a path whose name looks like a request is itself") {
    ApiSite site;
    site.paths().set(path("site/cam1"));
    site.paths().set(path("site/cam1/record"));
    CHECK(site.json("GET", url)["id"].text() == "site/cam1/record");
    site.json("POST", url + "/start");
    CHECK(site.paths().orders.empty());
    CHECK(site.json("GET", url + "/record")["recording"] == Json(false));
}

TEST_CASE("what a request for a recorder cannot be") {
    ApiSite site;
    site.paths().set(path("site/cam1"));
    for (const char* query : {"preroll=-1s", "preroll=x", "preroll=2h", "duration=0", "duration=0s",
                              "duration=-5", "duration=400d", "duration=1.2.3"}) {
        INFO(query);
        const auto reply = site.call("POST", url + "/start?" + query);
        CHECK(reply.status == 400);
        CHECK(reply.body.find(std::string(query).substr(0, 7)) != std::string::npos);
    }
    CHECK(site.paths().orders.empty());
    CHECK(site.call("GET", url + "/start").status == 405);
    CHECK(site.call("POST", url).status == 405);
    CHECK(site.call("GET", "/api/v1/streams/none/record").status == 404);
    ApiSite without;
    without.lose_archive();
    without.paths().set(path("site/cam1"));
    CHECK(without.call("POST", url + "/start").status == 503);
}
