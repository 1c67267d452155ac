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

    Result<> add(const std::string& pattern) {
        return routes_.add(pattern, [pattern](PathCall call) {
            call.exchange.respond(http::Response::text(
                200, "text/plain", fmt::format("{} {} {}", pattern, call.path, call.rest)));
        });
    }
    std::string get(const std::string& target) {
        const auto reply = harness_.with([port = harness_.port(), target] {
            return Client(port).call(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", target));
        });
        REQUIRE(reply);
        return reply->status == 200 ? reply->body : std::to_string(reply->status);
    }

  private:
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

TEST_CASE("a WebSocket has a path's name in its midst, too") {
    PathRoutes routes;
    std::string found;
    const auto note = [&found](const PathSocket& socket) { found = socket.path + " " + socket.rest; };
    REQUIRE(routes.add("/api/v1/streams/{path}/frames", PathWebSocketHandler(note)));
    const auto again = routes.add("/api/v1/streams/{path}/frames", PathWebSocketHandler(note));
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Code::conflict);
    // A route of requests is another one.
    CHECK(routes.add("/api/v1/streams/{path}/frames", PathHandler([](const PathCall&) {})));

    http::Request request;
    request.path = "/api/v1/streams/site/door/frames";
    const auto handler = routes.websocket(request);
    REQUIRE(handler);
    handler(nullptr);
    CHECK(found == "site/door ");
    request.path = "/api/v1/streams/frames";
    CHECK_FALSE(routes.websocket(request));
}

TEST_CASE("a route among paths is had once, and has a path") {
    Site site;
    REQUIRE(site.add("/{path}/index.m3u8?start"));
    const auto again = site.add("/{path}/index.m3u8?start");
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Code::conflict);
    CHECK(site.add("/{path}/index.m3u8?end"));
    for (const std::string pattern : {"/list", "/api/{path}", "", "*"}) {
        INFO(pattern);
        const auto added = site.add(pattern);
        REQUIRE_FALSE(added);
        CHECK(added.error().code == Code::invalid_config);
    }
}
