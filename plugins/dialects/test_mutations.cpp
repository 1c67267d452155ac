// Whatever the bytes of a body: an answer.
#include "mutated_bodies.hpp"
#include "mutation.hpp"
#include "testing.hpp"

#include <array>

using namespace rill;
using namespace rill::dialects::testing;

TEST_CASE("mutated bodies are taken or refused") {
    DialectSite site;
    auto& paths = site.configuration().paths;
    site.native("/api/v1/streams/{path}/sessions");
    site.native("/api/v1/streams/{path}/sessions/*");
    constexpr auto bodies = std::to_array<test::RightBody>({
        {"POST", "/api/stream/stop", R"({"indicator_id":"123"})"},
        {"POST", "/api/streams",
         R"({"stream_id":"camera1","rtsp_url":"rtsp://u:p@h:554/a?b=c","width":640,"height":480,)"
         R"("frame_buffer_size":2,"client_buffer_size":2})"},
        {"POST", "/streams",
         R"({"source_id":7,"rtsp_url":"rtsp://h/a","username":"u","password":"p@\u00e4","should_record":true,)"
         R"("restart_interval_secs":5})"},
        {"POST", "/streams/1/webrtc", R"({"sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"})"},
        {"POST", "/streams/1/webrtc/dvr",
         R"({"offer":{"type":"offer","sdp":"v=0"},"timestamp":1767866400.5})"},
        {"POST", "/streams/1/webrtc/s1/seek", R"({"timestamp":"2026-01-08T10:00:00.25+01:00"})"},
        {"POST", "/streams/1/webrtc/s1/speed", R"({"speed":-2.5e0})"},
    });
    http::Request start;
    start.method = "GET";
    start.path = "/api/stream/start";
    start.query = {{"indicator_id", "123"}, {"rtsp_link", "rtsp://h/a"}};
    test::send_mutated(site, bodies, test::mutations(50'000), [&] {
        std::erase_if(paths, [](const auto& path) { return path.first != "123"; });
        paths["1"] = Json::object().set("source", "rtsp://h/a");
        if (!paths.contains("123")) REQUIRE(test::answer_of(site, start).status == 200);
    });
}
