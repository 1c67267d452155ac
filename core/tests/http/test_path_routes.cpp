#include "catch.hpp"
#include "harness.hpp"
#include "hub/path_routes.hpp"

using namespace rill;
using namespace rill::http::test;

namespace {

/// Answers with what was asked: the route, the path and the rest.
class Site {
  public:
    Site() {
        harness_.server().on_request([this](http::Exchange exchange) {
            if (!routes_.serve(exchange)) exchange.fail({Code::not_found, "nobody"});
        });
    }
    ~Site() { harness_.destroy_server(); }

    Result<> add(const std::string& pattern) { return routes_.add(pattern, answering(pattern)); }
    Result<> add_websocket(const std::string& pattern) {
        return routes_.add_websocket(pattern, answering("websocket " + pattern));
    }
    std::string get(const std::string& target, const std::string& headers = "") {
        const auto reply = harness_.with([port = harness_.port(), target, headers] {
            return Client(port).call(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, headers));
        });
        REQUIRE(reply);
        return reply->status == 200 ? reply->body : std::to_string(reply->status);
    }

  private:
    static PathHandler answering(const std::string& name) {
        return [name](PathCall call) {
            call.exchange.respond(
                http::Response::text(200, "text/plain", fmt::format("{} {} {}", name, call.path, call.rest)));
        };
    }

    PathRoutes routes_;
    Harness harness_;  // last: its handlers use the others
};

}  // namespace

TEST_CASE("a path's name stands in the midst of a route") {
    Site site;
    REQUIRE(site.add("/api/v1/streams/{path}/sessions"));
    REQUIRE(site.add("/api/v1/streams/{path}/sessions/*"));
    REQUIRE(site.add("/{path}/index.m3u8?start"));

    CHECK(site.get("/api/v1/streams/cam1/sessions") == "/api/v1/streams/{path}/sessions cam1 ");
    CHECK(site.get("/api/v1/streams/site/door/sessions") == "/api/v1/streams/{path}/sessions site/door ");
    CHECK(site.get("/api/v1/streams/cam1/sessions/7/seek") ==
          "/api/v1/streams/{path}/sessions/* cam1 7/seek");
    CHECK(site.get("/cam1/index.m3u8?start=5") == "/{path}/index.m3u8?start cam1 ");

    // A path may be called like the route's end.
    CHECK(site.get("/api/v1/streams/a/sessions/b/sessions") ==
          "/api/v1/streams/{path}/sessions a/sessions/b ");
    CHECK(site.get("/api/v1/streams/a/sessions/b/sessions/7") ==
          "/api/v1/streams/{path}/sessions/* a/sessions/b 7");

    for (const std::string target :
         {"/api/v1/streams/sessions", "/api/v1/streams//sessions", "/api/v1/streams/cam1/sessions/",
          "/api/v1/streams/cam1/sessionss", "/cam1/index.m3u8", "/cam1/index.m3u8?end=5",
          "/index.m3u8?start=5", "/"}) {
        INFO(target);
        CHECK(site.get(target) == "404");
    }
}

TEST_CASE("a path's name stands at the end of a route") {
    Site site;
    REQUIRE(site.add("/ws/{path}"));
    CHECK(site.get("/ws/cam1") == "/ws/{path} cam1 ");
    CHECK(site.get("/ws/site/door") == "/ws/{path} site/door ");
    CHECK(site.get("/ws/") == "404");
    CHECK(site.get("/ws") == "404");
}

TEST_CASE("only a name at the end of a route has encoded slashes") {
    Site site;
    REQUIRE(site.add("/get/{path}"));
    REQUIRE(site.add("/{path}/index.m3u8"));
    REQUIRE(site.add("/streams/{path}/sessions/*"));
    CHECK(site.get("/get/site%2Fdoor") == "/get/{path} site/door ");
    CHECK(site.get("/get/site/door%2f2") == "/get/{path} site/door/2 ");
    CHECK(site.get("/get/%2Fdoor") == "/get/{path} /door ");
    for (const std::string target :
         {"/get%2Fdoor", "/get%2Fdoor/2", "/site%2Fdoor/index.m3u8", "/door%2Findex.m3u8",
          "/streams/site%2Fdoor/sessions/7", "/streams/door/sessions/7%2Fseek"}) {
        INFO(target);
        CHECK(site.get(target) == "404");
    }
    CHECK(site.get("/get/..%2Fdoor") == "400");
}

TEST_CASE("a WebSocket has a path's name in its midst, too") {
    Site site;
    REQUIRE(site.add("/api/v1/streams/{path}/frames"));
    REQUIRE(site.add_websocket("/api/v1/streams/{path}/frames"));
    const auto again = site.add_websocket("/api/v1/streams/{path}/frames");
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Code::conflict);
    REQUIRE(site.add("/api/v1/streams/{path}/frame"));

    const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    CHECK(site.get("/api/v1/streams/site/door/frames", upgrade) ==
          "websocket /api/v1/streams/{path}/frames site/door ");
    // A request that asks for none goes on as any other, and so does one that nobody takes.
    CHECK(site.get("/api/v1/streams/site/door/frames") == "/api/v1/streams/{path}/frames site/door ");
    CHECK(site.get("/api/v1/streams/site/door/frame", upgrade) == "/api/v1/streams/{path}/frame site/door ");
    CHECK(site.get("/api/v1/streams/frames", upgrade) == "404");
}

TEST_CASE("a route among paths is had once, and has a path") {
    Site site;
    REQUIRE(site.add("/{path}/index.m3u8?start"));
    const auto again = site.add("/{path}/index.m3u8?start");
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Code::conflict);
    CHECK(site.add("/{path}/index.m3u8?end"));
    for (const std::string pattern : {"/list", "/api/path", "", "*"}) {
        INFO(pattern);
        const auto added = site.add(pattern);
        REQUIRE_FALSE(added);
        CHECK(added.error().code == Code::invalid_config);
    }
}
