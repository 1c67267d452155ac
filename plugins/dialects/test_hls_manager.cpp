#include "hls_manager.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::dialects;
using namespace rill::dialects::testing;
using namespace std::chrono_literals;

namespace {

const std::string start_123 = "/api/stream/start?indicator_id=123&rtsp_link=rtsp://192.0.2.10/stream";
const std::string playlist_123 = "/streams/123/stream.m3u8";

/// What the sink `hls` of a path serves: a presentation and its playlist.
struct FakeHls {
    explicit FakeHls(DialectSite& site) : index(site.native("/{path}/index.m3u8")) {
        index.answer = [this](const http::Request&) {
            return text("#EXTM3U\n" + presentation + "_stream.m3u8?session=7\n");
        };
        // Whatever else is asked for below the path.
        rest = &site.native("/123/{path}");
        rest->answer = [this](const http::Request& request) {
            if (request.path == "/123/" + presentation + "_stream.m3u8")
                return text("#EXTM3U\n" + presentation + "_seg0.ts?session=7\n");
            if (request.path == "/123/" + presentation + "_seg0.ts") return text("segment");
            return http::Response::error({Code::not_found, "no such presentation"});
        };
    }
    static http::Response text(const std::string& text) {
        auto response = http::Response::text(200, "application/vnd.apple.mpegurl", text);
        response.header("Cache-Control", "max-age=3600, immutable");
        return response;
    }
    std::string presentation = "a";
    Native& index;
    Native* rest = nullptr;
};

/// The manager by itself, with a clock of the test's.
struct Manager {
    Manager() {
        site.start();
        // In place of the module's own.
        for (const char* const route : {"/api/stream/", "/api/stream/start"})
            REQUIRE(site.route(route, Needs::nothing,
                               [this](http::Exchange exchange) { manager->serve_api(std::move(exchange)); }));
        REQUIRE(site.route("/streams/", Needs::nothing, [this](http::Exchange exchange) {
            manager->serve_file(std::move(exchange), "123", "stream.m3u8");
        }));
    }
    ~Manager() { manager->end(); }
    bool is_there() const { return site.hub_view().status("123") != nullptr; }

    struct Site : DialectSite {
        const Hub& hub_view() const { return const_cast<Site*>(this)->hub(); }
    };
    Site site;
    const Settings settings = {
        .cleanup_delay = 30s, .segment_duration = 2s, .segment_count = 5, .allow_origins = {}};
    FakeClock clock;
    std::shared_ptr<HlsManager> manager =
        std::make_shared<HlsManager>(site, settings, clock, std::make_shared<HlsManager::Added>());
};

}  // namespace

TEST_CASE("a stream is started once, with the manager's segments") {
    DialectSite site;
    const Json told = site.told(200, "GET", start_123);
    CHECK(told.dump() == R"({"stream_path":"/streams/123/stream.m3u8","status":"started"})");
    CHECK(site.told(200, "GET", start_123) == told);
    // A stream that runs is given out whatever the link says.
    CHECK(site.told(200, "GET", "/api/stream/start?indicator_id=123&rtsp_link=rtsp://other/x") == told);
    REQUIRE(site.configuration().paths.size() == 1);
    const Json& values = site.configuration().paths.at("123");
    CHECK(values["source"].text() == "rtsp://192.0.2.10/stream");
    CHECK(values["hlsVariant"].text() == "mpegts");
    CHECK(values["hlsSegmentDuration"].text() == "2000ms");
    CHECK(values["hlsSegmentCount"].integer() == 5);
    CHECK(values["sourceOnDemand"].boolean() == false);
    CHECK(site.told(200, "GET", "/api/health").dump() == R"({"status":"healthy","active_streams":1})");
    const Json status = site.told(200, "GET", "/api/stream/status?indicator_id=123");
    CHECK(status["active"].boolean() == true);
    CHECK(status["status"].text() == "online");
    CHECK(site.told(200, "POST", "/api/stream/stop", R"({"indicator_id":"123"})")["status"].text() ==
          "stopped");
    CHECK(site.configuration().paths.empty());
    CHECK(site.told(404, "POST", "/api/stream/stop", R"({"indicator_id":"123"})")["details"].text());
    CHECK(site.told(200, "GET", "/api/stream/status?indicator_id=123")["status"].text() == "stopped");
    CHECK(site.told(200, "GET", "/api/health")["active_streams"].integer() == 0);
}

TEST_CASE("what cannot be started says why, and leaves nothing") {
    DialectSite site;
    for (const std::string query :
         {"", "?indicator_id=1", "?rtsp_link=rtsp://cam/x", "?indicator_id=1&rtsp_link=file:///etc/passwd",
          "?indicator_id=1&rtsp_link=nonsense"}) {
        INFO(query);
        const Json told = site.told(400, "GET", "/api/stream/start" + query);
        CHECK(told["status"].text() == "error");
        CHECK(told["error"].text());
        CHECK_FALSE(told["details"].text().value_or("").empty());
    }
    site.hub().refusals.emplace("123", Error{Code::not_found, "no route to host"});
    const Json told = site.told(503, "GET", start_123);
    CHECK(told["details"].text() == "no route to host");
    CHECK(site.configuration().paths.empty());
    // What is configured is not the manager's.
    site.configuration().paths["123"] = Json::object();
    CHECK(site.told(409, "GET", start_123)["details"].text());
    CHECK(site.told(409, "POST", "/api/stream/stop", R"({"indicator_id":"123"})")["details"].text());
    CHECK(site.configuration().paths.size() == 1);
    site.told(400, "POST", "/api/stream/stop", "{");
    site.told(400, "POST", "/api/stream/stop", "{}");
    CHECK(site.send("GET", "/api/stream/stop").status == 405);
    CHECK(site.send("POST", "/api/stream/start").status == 405);
    CHECK(site.send("GET", "/api/stream/nothing").status == 404);
}

TEST_CASE("a stream is started by a page's script, not by its pictures and links") {
    DialectSite site;
    for (const std::string mode : {"no-cors", "navigate"}) {
        const auto reply =
            site.send("GET", start_123, "", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: " + mode + "\r\n");
        CHECK(reply.status == 403);
        const auto told = Json::parse(reply.body);
        REQUIRE(told);
        CHECK((*told)["status"].text() == "error");
        CHECK((*told)["details"].text());
    }
    CHECK(site.configuration().paths.empty());
    const std::string cors = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n";
    CHECK(site.send("GET", start_123, "", cors).status == 200);
    // Access knows it as what it is.
    REQUIRE_FALSE(site.guard().purposes.empty());
    CHECK(site.guard().purposes.back().action == Action::api);
    CHECK(site.guard().purposes.back().changes);
    const std::string typed = "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n";
    CHECK(site.send("GET", start_123, "", typed).status == 200);
    site.guard().refusal = Error{Code::unauthorized, "not you"};
    CHECK(site.send("GET", start_123, "", cors).status == 401);
}

TEST_CASE("a stream is the manager's also when its controller has begun anew") {
    DialectSite site;
    site.told(200, "GET", start_123);
    site.begin_anew();
    CHECK(site.told(200, "GET", "/api/stream/status?indicator_id=123")["active"].boolean() == true);
    site.told(200, "GET", start_123);
    site.told(200, "POST", "/api/stream/stop", R"({"indicator_id":"123"})");
    CHECK(site.configuration().paths.empty());
}

TEST_CASE("a refused change of the configuration is told") {
    DialectSite site;
    site.configuration().answer = Error{Code::invalid_config, "the name may not hold a blank"};
    CHECK(site.told(400, "GET", start_123)["details"].text() == "the name may not hold a blank");
    CHECK(site.told(200, "GET", "/api/health")["active_streams"].integer() == 0);
}

TEST_CASE("the playlist and its segments have the names that clients know") {
    DialectSite site;
    FakeHls hls(site);
    CHECK(site.send("GET", playlist_123).status == 404);
    site.told(200, "GET", start_123);
    CHECK(site.send("GET", "/streams/123/segment0.ts").status == 404);
    const auto playlist = site.send("GET", playlist_123, "", "Origin: https://example.org\r\n");
    CHECK(playlist.status == 200);
    CHECK(playlist.body == "#EXTM3U\nsegment0.ts\n");
    CHECK(playlist.headers.at("cache-control") == "no-store");
    CHECK(playlist.headers.at("access-control-allow-origin") == "*");
    const auto segment = site.send("GET", "/streams/123/segment0.ts");
    CHECK(segment.body == "segment");
    CHECK(segment.headers.at("cache-control") == "no-store");
    CHECK(hls.rest->asked.back().query.at("session") == "7");
    CHECK(site.send("GET", "/streams/123/segment9.ts").status == 404);
    CHECK(site.send("DELETE", playlist_123).status == 405);
    CHECK(site.send("OPTIONS", playlist_123).status == 204);

    CHECK(site.send("GET", playlist_123).status == 200);
    CHECK(hls.index.asked.size() == 1);
    // Another presentation has other names, and clients need not know.
    hls.presentation = "b";
    CHECK(site.send("GET", playlist_123).body == "#EXTM3U\nsegment0.ts\n");
    CHECK(hls.index.asked.size() == 2);
    // Nothing is there at all, which is told and not tried for ever.
    hls.index.answer = [](const http::Request&) {
        return http::Response::error({Code::not_found, "the camera is gone"});
    };
    hls.presentation = "c";
    CHECK(site.send("GET", playlist_123).error() == "the camera is gone");
}

TEST_CASE("a stream goes when nobody asks for it any more") {
    Manager with;
    FakeHls hls(with.site);
    with.site.told(200, "GET", start_123);
    with.clock.time = 29s;
    with.manager->tick();
    CHECK(with.is_there());
    CHECK(with.site.send("GET", playlist_123).status == 200);
    with.clock.time = 58s;
    with.manager->tick();
    CHECK(with.is_there());
    with.site.told(200, "GET", start_123);
    // Who is refused does not keep it.
    hls.rest->answer = hls.index.answer = [](const http::Request&) {
        return http::Response::error({Code::unauthorized, "not you"});
    };
    with.clock.time = 87s;
    CHECK(with.site.send("GET", playlist_123).status == 401);
    with.manager->tick();
    CHECK(with.is_there());
    with.clock.time = 88s;
    with.manager->tick();
    CHECK_FALSE(with.is_there());
}

TEST_CASE("a stream stays while others watch it") {
    Manager with;
    with.site.told(200, "GET", start_123);
    PathStatus watched;
    watched.readers.push_back({.id = "1", .type = "webrtc", .remote = "", .user_agent = ""});
    with.site.hub().statuses["123"] = watched;
    with.clock.time = 40s;
    with.manager->tick();
    CHECK(with.is_there());
    // What this API asks for itself is not another.
    watched.readers[0].type = "hls";
    with.site.hub().statuses["123"] = watched;
    with.clock.time = 69s;
    with.manager->tick();
    CHECK(with.is_there());
    with.clock.time = 70s;
    with.manager->tick();
    CHECK_FALSE(with.is_there());
}
