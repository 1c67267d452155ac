#include "testing.hpp"

using namespace rill;
using namespace rill::dialects::testing;

namespace {

const std::string camera1 =
    R"({"source_id":1,"rtsp_url":"rtsp://192.0.2.10/s","username":"admin","password":"p@ss",)"
    R"("should_record":true,"restart_interval_secs":5})";
const std::string sessions = "/streams/1/webrtc";

/// With stream 1, and what its sessions are asked natively.
struct Playing : DialectSite {
    Playing() { told(201, "POST", "/streams", camera1); }
    Native& all = native("/api/v1/streams/{path}/sessions");
    Native& one = native("/api/v1/streams/{path}/sessions/*");

    Json asked_of_all() const { return *Json::parse(all.asked.back().body); }
    Json asked_of_one() const { return *Json::parse(one.asked.back().body); }
};

http::Response position(const http::Request&) {
    return http::Response::json(200, R"({"mode":"dvr","time":"2026-01-08T10:00:00Z","rate":2})");
}

}  // namespace

TEST_CASE("what is asked of a source itself is counted, and it can be deleted by one that began anew") {
    Playing site;
    site.begin_anew();
    site.told(200, "GET", "/streams/1");
    CHECK(site.counted == std::vector{Counts::request});
    site.is_too_many = true;
    CHECK(site.send("DELETE", "/streams/1").status == 429);
    site.is_too_many = false;
    site.told(200, "DELETE", "/streams/1");
    CHECK(site.configuration().paths.empty());
}

TEST_CASE("a source is created, listed and deleted") {
    DialectSite site;
    const auto created = site.send("POST", "/streams", camera1);
    CHECK(created.status == 201);
    CHECK(created.headers.at("location") == "/streams/1");
    const Json& values = site.configuration().paths.at("1");
    CHECK(values["source"].text() == "rtsp://admin:p%40ss@192.0.2.10/s");
    CHECK(values["record"].boolean() == true);
    CHECK(site.told(201, "POST", "/streams", camera1)["source_id"].integer() == 1);
    site.told(409, "POST", "/streams", R"({"source_id":1,"rtsp_url":"rtsp://other/s"})");
    // A path that is no number is none of its streams.
    site.configuration().paths["cam1"] = Json::object();
    site.configuration().paths["7"] = Json::object();
    const Json list = site.told(200, "GET", "/streams");
    REQUIRE(list["streams"].items().size() == 2);
    CHECK(list["streams"].items()[0]["source_id"].integer() == 1);
    CHECK(list.dump().find("p@ss") == std::string::npos);
    CHECK(site.told(200, "GET", "/streams/1")["status"].text() == "online");
    site.told(404, "GET", "/streams/cam1");
    site.told(404, "GET", "/streams/2");
    site.told(409, "DELETE", "/streams/7");
    site.told(200, "DELETE", "/streams/1");
    CHECK_FALSE(site.configuration().paths.contains("1"));
    site.told(404, "DELETE", "/streams/1");
}

TEST_CASE("a source's number may be greater than JavaScript's numbers") {
    DialectSite site;
    const std::string id = "18446744073709551615";
    const auto created =
        site.send("POST", "/streams", R"({"source_id":")" + id + R"(","rtsp_url":"rtsp://cam/s"})");
    CHECK(created.status == 201);
    CHECK(created.headers.at("location") == "/streams/" + id);
    CHECK(site.told(200, "GET", "/streams/" + id)["source_id"].text() == id);
}

TEST_CASE("what a source cannot be") {
    DialectSite site;
    const std::string url = R"("rtsp_url":"rtsp://cam/x")";
    for (const std::string& body :
         {std::string("{"), "{" + url + "}", R"({"source_id":-1,)" + url + "}",
          R"({"source_id":"cam1",)" + url + "}", R"({"source_id":1.5,)" + url + "}",
          std::string(R"({"source_id":1})"), std::string(R"({"source_id":1,"rtsp_url":"file:///x"})"),
          R"({"source_id":1,"should_record":"yes",)" + url + "}",
          R"({"source_id":1,"username":1,)" + url + "}",
          R"({"source_id":1,"restart_interval_secs":-1,)" + url + "}"}) {
        INFO(body);
        CHECK(site.told(400, "POST", "/streams", body)["error"].text());
    }
    CHECK(site.configuration().paths.empty());
    CHECK(site.send("PUT", "/streams").status == 405);
}

TEST_CASE("a session is opened live or in the past") {
    Playing site;
    site.all.answer = [](const http::Request&) {
        auto response = http::Response::json(201, R"({"id":"s1","sdp":"answer","mode":"live","time":"T"})");
        response.header("Location", "/api/v1/streams/1/sessions/s1");
        return response;
    };
    const auto live = site.send("POST", sessions, R"({"sdp":"offer"})");
    CHECK(live.status == 201);
    CHECK(live.headers.at("location") == "/streams/1/webrtc/s1");
    const Json told = *Json::parse(live.body);
    CHECK(told["session_id"].text() == "s1");
    CHECK(told["sdp"].text() == "answer");
    CHECK(told["type"].text() == "answer");
    CHECK(site.asked_of_all().dump() == R"({"sdp":"offer"})");

    site.told(201, "POST", sessions, R"({"offer":{"type":"offer","sdp":"offer"}})");
    CHECK(site.asked_of_all().dump() == R"({"sdp":"offer"})");
    CHECK(site.send("POST", sessions, "offer", "Content-Type: application/sdp\r\n").status == 201);
    CHECK(site.asked_of_all().dump() == R"({"sdp":"offer"})");
    site.told(201, "POST", sessions + "/dvr", R"({"sdp":"offer","timestamp":"2026-01-08T10:00:00Z"})");
    CHECK(site.asked_of_all().dump() == R"({"sdp":"offer","mode":"dvr","start":"2026-01-08T10:00:00Z"})");
    site.told(201, "POST", sessions + "/dvr", R"({"sdp":"offer"})");
    CHECK(site.asked_of_all()["start"].text() == "1970-01-01T00:00:00.000Z");

    const std::size_t asked = site.all.asked.size();
    for (const char* const body : {"", "{", "{}", R"({"sdp":1})"})
        site.told(400, "POST", sessions, body);
    site.told(400, "POST", sessions + "/dvr", R"({"sdp":"offer","timestamp":"x"})");
    CHECK(site.all.asked.size() == asked);
    CHECK(site.send("DELETE", sessions).status == 405);
    CHECK(site.send("GET", sessions + "/dvr").status == 405);
    site.told(404, "POST", "/streams/2/webrtc", R"({"sdp":"offer"})");
}

TEST_CASE("a session is listed, steered and ended") {
    Playing site;
    site.all.answer = [](const http::Request&) {
        return http::Response::json(200, R"({"sessions":[{"id":"s1","mode":"live","time":"T","rate":1}]})");
    };
    CHECK(
        site.told(200, "GET", sessions).dump() ==
        R"({"sessions":[{"session_id":"s1","mode":"live","time":"T","rate":1,"timestamp":"T","speed":1}]})");
    site.one.answer = position;
    const Json mode = site.told(200, "GET", sessions + "/s1/mode");
    CHECK(mode["mode"].text() == "dvr");
    CHECK(mode["timestamp"].text() == "2026-01-08T10:00:00Z");
    CHECK(mode["speed"].number() == 2);
    CHECK(site.one.asked.back().path == "/api/v1/streams/1/sessions/s1/mode");
    site.told(200, "POST", sessions + "/s1/seek", R"({"timestamp":1767866400000})");
    CHECK(site.one.asked.back().path == "/api/v1/streams/1/sessions/s1/seek");
    CHECK(site.asked_of_one().dump() == R"({"time":"2026-01-08T10:00:00.000000Z"})");
    site.told(200, "POST", sessions + "/s1/speed", R"({"speed":2})");
    CHECK(site.asked_of_one().dump() == R"({"rate":2})");
    site.told(200, "POST", sessions + "/s1/live");
    CHECK(site.one.asked.back().path == "/api/v1/streams/1/sessions/s1/live");
    site.told(200, "DELETE", sessions + "/s1");
    CHECK(site.one.asked.back().method == "DELETE");
    site.told(400, "POST", sessions + "/s1/seek", "{}");
    site.told(404, "POST", sessions + "/s1/step", "{}");
    site.told(404, "GET", "/streams/1/nothing");
    CHECK(site.send("GET", sessions + "/s1/seek").status == 405);
    // What is refused natively is refused in the same words.
    site.one.answer = [](const http::Request&) {
        return http::Response::json(404,
                                    R"({"status":"error","error":"nothing is recorded then","before":"T"})");
    };
    CHECK(site.told(404, "POST", sessions + "/s1/seek", R"({"timestamp":0})")["before"].text() == "T");
}

TEST_CASE("the debug page loads nothing from elsewhere") {
    DialectSite site;
    const auto page = site.send("GET", "/debug/webrtc-client");
    CHECK(page.status == 200);
    CHECK(page.headers.at("content-type") == "text/html; charset=utf-8");
    CHECK(page.body.find("://") == std::string::npos);
    CHECK(page.body.find("src=") == std::string::npos);
    const std::string& policy = page.headers.at("content-security-policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(policy.ends_with("frame-ancestors 'none'"));
    CHECK(site.send("POST", "/debug/webrtc-client").status == 405);
}
