#include "testing.hpp"

using namespace rill;
using namespace rill::dialects::testing;

namespace {

const std::string camera1 =
    R"({"stream_id":"camera1","rtsp_url":"rtsp://admin:secret@192.0.2.10/s","width":320,"height":240})";

}  // namespace

TEST_CASE("a stream is added, described and taken out") {
    DialectSite site;
    const Json started = site.told(200, "POST", "/api/streams", camera1);
    CHECK(started.dump() == R"({"status":"started","stream_id":"camera1","width":320,"height":240})");
    const Json& values = site.configuration().paths.at("camera1");
    CHECK(values["source"].text() == "rtsp://admin:secret@192.0.2.10/s");
    CHECK(values["framesBufferSize"].integer() == 100);
    CHECK(values["framesClientBufferSize"].integer() == 10);
    CHECK(site.told(200, "POST", "/api/streams", camera1) == started);
    const auto list = site.send("GET", "/api/streams");
    CHECK(list.body.find("camera1") != std::string::npos);
    CHECK(list.body.find("secret") == std::string::npos);
    const Json stats = site.told(200, "GET", "/api/streams/camera1/stats");
    for (const char* const key : {"fps", "clients", "active", "status", "frames_dropped"})
        CHECK(stats.contains(key));
    CHECK(site.told(200, "DELETE", "/api/streams/camera1")["status"].text() == "stopped");
    CHECK(site.configuration().paths.empty());
    site.told(404, "DELETE", "/api/streams/camera1");
    site.told(404, "GET", "/api/streams/camera1/stats");
}

TEST_CASE("a stream can be taken out also when the frame server has begun anew") {
    DialectSite site;
    site.told(200, "POST", "/api/streams", camera1);
    site.begin_anew();
    CHECK(site.told(200, "GET", "/api/streams/camera1")["width"].integer() == 320);
    site.told(200, "DELETE", "/api/streams/camera1");
    CHECK(site.configuration().paths.empty());
}

TEST_CASE("what is asked of a stream itself is counted, and its pictures are not") {
    DialectSite site;
    site.told(200, "POST", "/api/streams", camera1);
    site.native("/api/v1/streams/{path}/frame");
    CHECK(site.send("GET", "/api/streams/camera1/frame").status == 200);
    CHECK(site.counted.empty());
    site.told(200, "GET", "/api/streams/camera1");
    CHECK(site.counted == std::vector{Counts::request});
    site.is_too_many = true;
    CHECK(site.send("DELETE", "/api/streams/camera1").status == 429);
    CHECK(site.configuration().paths.size() == 1);
}

TEST_CASE("what a stream's request cannot be") {
    DialectSite site;
    const std::string url = R"("rtsp_url":"rtsp://cam/x")";
    for (const std::string& body :
         {std::string(""), std::string("{"), std::string("[]"), "{" + url + "}",
          R"({"stream_id":1,)" + url + "}", std::string(R"({"stream_id":"a"})"),
          std::string(R"({"stream_id":"a","rtsp_url":"file:///etc/passwd"})"),
          R"({"stream_id":"a","width":0,)" + url + "}", R"({"stream_id":"a","height":"x",)" + url + "}",
          R"({"stream_id":"a","width":9999,)" + url + "}",
          R"({"stream_id":"a","frame_buffer_size":0,)" + url + "}",
          R"({"stream_id":"a","client_buffer_size":1.5,)" + url + "}"}) {
        INFO(body);
        CHECK(site.told(400, "POST", "/api/streams", body)["error"].text());
    }
    CHECK(site.configuration().paths.empty());
    site.told(200, "POST", "/api/streams", camera1);
    site.told(409, "POST", "/api/streams", R"({"stream_id":"camera1",)" + url + "}");
    CHECK(site.send("PUT", "/api/streams").status == 405);
    CHECK(site.send("PUT", "/api/streams/camera1").status == 405);
    CHECK(site.send("POST", "/api/streams/camera1/frame").status == 405);
    CHECK(site.send("GET", "/api/streams/camera1/nothing").status == 404);
    site.configuration().paths["mine"] = Json::object();
    site.told(409, "DELETE", "/api/streams/mine");
    CHECK(site.configuration().paths.size() == 2);
}

TEST_CASE("a picture is BGR of the stream's size") {
    DialectSite site;
    Native& native = site.native("/api/v1/streams/{path}/frame");
    native.answer = [](const http::Request&) {
        auto response = http::Response::text(200, "application/octet-stream", "pixels");
        response.header("x-rill-sequence", "7");
        return response;
    };
    site.told(200, "POST", "/api/streams", camera1);
    const auto picture = site.send("GET", "/api/streams/camera1/frame");
    CHECK(picture.body == "pixels");
    CHECK(picture.headers.at("x-rill-sequence") == "7");
    REQUIRE(native.asked.size() == 1);
    CHECK(native.asked[0].path == "/api/v1/streams/camera1/frame");
    CHECK(native.asked[0].query.at("format") == "bgr");
    CHECK(native.asked[0].query.at("width") == "320");
    CHECK(native.asked[0].query.at("height") == "240");
    // A path of the operator's has the size that these streams have by themselves, unless it is said.
    site.configuration().paths["site/mine"] = Json::object();
    site.send("GET", "/api/streams/site/mine/frame?height=100");
    CHECK(native.asked.back().path == "/api/v1/streams/site/mine/frame");
    CHECK(native.asked.back().query.at("width") == "640");
    CHECK(native.asked.back().query.at("height") == "100");
    site.told(404, "GET", "/api/streams/none/frame");
    CHECK(native.asked.size() == 2);
}

TEST_CASE("a WebSocket is handed to where pictures are") {
    DialectSite site;
    std::vector<http::Request> asked;
    REQUIRE(
        site.path_websocket("/api/v1/streams/{path}/frames", Needs::read, [&asked](const PathSocket& call) {
            asked.push_back(call.socket->request());
            call.socket->send_binary(Ref<GBytes>::adopt(g_bytes_new("RILF\1\0\10\0pixels", 14)));
            call.socket->close(1000, "");
        }));
    site.told(200, "POST", "/api/streams", camera1);
    const std::string received = site.harness().with([port = site.port()] {
        http::test::Client client(port);
        client.send(
            "GET /ws/camera1?fps=5 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        client.read_reply(true);
        return client.read(8);
    });
    CHECK(received == std::string("\x82\6pixels"));
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].path == "/api/v1/streams/camera1/frames");
    CHECK(asked[0].query.at("width") == "320");
    CHECK(asked[0].query.at("fps") == "5");
    CHECK(asked[0].query.at("format") == "bgr");
}
