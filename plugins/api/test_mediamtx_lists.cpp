#include "catch.hpp"
#include "mediamtx_sessions.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::api;
using namespace rill::api::testing;

namespace {

std::shared_ptr<const Format> video() {
    Format format;
    format.codec = Codec::h264;
    format.width = 1280;
    format.height = 720;
    format.profile = "High";
    format.level = "3.1";
    return std::make_shared<const Format>(std::move(format));
}

std::shared_ptr<const Format> sound(Codec codec, int sample_rate, int channels) {
    Format format;
    format.kind = Kind::audio;
    format.codec = codec;
    format.sample_rate = sample_rate;
    format.channels = channels;
    return std::make_shared<const Format>(std::move(format));
}

struct Candidates final : ReaderDetails {
    Json read() const override {
        return Json::object()
            .set("peerConnectionEstablished", true)
            .set("localCandidate", "host/udp/192.0.2.9/8189")
            .set("outboundRTPPackets", 12);
    }
};

struct Muxer final : SinkCounters {
    std::vector<SinkCounter> read() const override {
        return {{"muxers", "-", 1},
                {"muxer_created_seconds", "-", 1'767'866'400},
                {"muxer_last_request_seconds", "-", 1'767'866'410},
                {"sent_bytes_total", "-", 77}};
    }
};

PathStatus online_path(const std::string& name) {
    PathStatus path;
    path.name = name;
    path.source_type = "rtsp";
    path.state = PathState::online;
    path.configured_as = "~^site/.*$";
    path.since_us = path.available_since_us = ten_us;
    path.tracks = {{.format = video(), .units = 1, .bytes = 1, .discontinuities = 2},
                   {.format = sound(Codec::aac, 48'000, 2), .units = 1, .bytes = 1, .discontinuities = 1}};
    path.inbound_bytes = 100;
    path.outbound_bytes = 50;
    path.readers = {{.id = "1111",
                     .type = "webrtc",
                     .remote = "192.0.2.1:1",
                     .user_agent = "b",
                     .since_us = ten_us,
                     .bytes_sent = 30,
                     .units_dropped = 4,
                     .session = "webRTCSession",
                     .query = "token=secret&view=1",
                     .user = "anna",
                     .details = std::make_shared<const Candidates>()},
                    {.id = "2222",
                     .type = "hls",
                     .remote = "192.0.2.2:2",
                     .user_agent = "p",
                     .since_us = ten_us + 1,
                     .bytes_sent = 20,
                     .units_dropped = 0,
                     .session = "hlsSession"}};
    path.sinks = {{.id = "hls", .running = true, .reason = {}, .counters = std::make_shared<const Muxer>()}};
    return path;
}

}  // namespace

TEST_CASE("a path has every field of MediaMTX's, old names too") {
    ApiSite site;
    site.paths().set(online_path("site/door"));
    const Json path = site.json("GET", "/v3/paths/get/site/door");
    CHECK(
        path.dump() ==
        R"({"name":"site/door","confName":"~^site/.*$","source":{"type":"rtspSource","id":""},"ready":true,)"
        R"("readyTime":"2026-01-08T10:00:00.000Z","available":true,"availableTime":"2026-01-08T10:00:00.000Z",)"
        R"("online":true,"onlineTime":"2026-01-08T10:00:00.000Z","tracks":["H264","MPEG-4 Audio"],"tracks2":[)"
        R"({"codec":"H264","codecProps":{"width":1280,"height":720,"profile":"High","level":"3.1"}},)"
        R"({"codec":"MPEG-4 Audio","codecProps":{"sampleRate":48000,"channelCount":2}}],)"
        R"("readers":[{"type":"webRTCSession","id":"1111"},{"type":"hlsSession","id":"2222"}],)"
        R"("inboundBytes":100,"outboundBytes":50,"inboundFramesInError":3,"bytesReceived":100,"bytesSent":50})");
    CHECK(site.json("GET", "/v3/paths/get/s%69te/door") == path);
}

TEST_CASE("a path that is offline is not ready, and has no tracks") {
    ApiSite site;
    PathStatus path = online_path("cam1");
    path.state = PathState::offline;
    path.available_since_us = 0;
    site.paths().set(path);
    const Json json = site.json("GET", "/v3/paths/get/cam1");
    CHECK(json["ready"].boolean() == false);
    CHECK(json["readyTime"].is_null());
    CHECK(json["tracks"].items().empty());
    CHECK(json["source"]["type"].text() == "rtspSource");
}

TEST_CASE("a path whose camera is away is ready with what is shown meanwhile, and not online") {
    ApiSite site;
    PathStatus path = online_path("cam1");
    path.state = PathState::offline;
    site.paths().set(path);
    const Json json = site.json("GET", "/v3/paths/get/cam1");
    CHECK(json["ready"].boolean() == true);
    CHECK(json["availableTime"].text() == "2026-01-08T10:00:00.000Z");
    CHECK(json["online"].boolean() == false);
    CHECK(json["onlineTime"].is_null());
    CHECK(json["tracks"].items().size() == 2);
}

TEST_CASE("codecs are named as MediaMTX names them") {
    ApiSite site;
    PathStatus path = online_path("cam1");
    path.tracks.clear();
    for (const auto& format : {sound(Codec::opus, 48'000, 2), sound(Codec::pcma, 8000, 1),
                               sound(Codec::lpcm, 44'100, 2), sound(Codec::g722, 16'000, 1)})
        path.tracks.push_back({.format = format});
    site.paths().set(path);
    CHECK(site.json("GET", "/v3/paths/get/cam1")["tracks2"].dump() ==
          R"([{"codec":"Opus","codecProps":{"channelCount":2}},)"
          R"({"codec":"G711","codecProps":{"muLaw":false,"sampleRate":8000,"channelCount":1}},)"
          R"({"codec":"LPCM","codecProps":{"bitDepth":16,"sampleRate":44100,"channelCount":2}},)"
          R"({"codec":"G722","codecProps":null}])");
}

TEST_CASE("lists come in pages, by name") {
    ApiSite site;
    for (const char* name : {"c", "a", "b"})
        site.paths().set(online_path(name));
    const Json first = site.json("GET", "/v3/paths/list?itemsPerPage=2");
    CHECK(first["itemCount"].integer() == 3);
    CHECK(first["pageCount"].integer() == 2);
    REQUIRE(first["items"].items().size() == 2);
    CHECK(first["items"].items()[0]["name"].text() == "a");
    const Json second = site.json("GET", "/v3/paths/list?itemsPerPage=2&page=1");
    REQUIRE(second["items"].items().size() == 1);
    CHECK(second["items"].items()[0]["name"].text() == "c");
    CHECK(site.json("GET", "/v3/paths/list?page=7")["items"].items().empty());
}

TEST_CASE("a session says what its module knows of it, and no secret") {
    ApiSite site;
    site.paths().set(online_path("cam1"));
    const Json list = site.json("GET", "/v3/webrtcsessions/list");
    REQUIRE(list["items"].items().size() == 1);
    const Json session = list["items"].items()[0];
    CHECK(session == site.json("GET", "/v3/webrtcsessions/get/1111"));
    CHECK(session["path"].text() == "cam1");
    CHECK(session["user"].text() == "anna");
    CHECK(session["query"].text() == "token=***&view=1");
    CHECK(session["state"].text() == "read");
    CHECK(session["peerConnectionEstablished"].boolean() == true);
    CHECK(session["localCandidate"].text() == "host/udp/192.0.2.9/8189");
    CHECK(session["remoteCandidate"].text() == "");
    CHECK(session["outboundRTPPackets"].integer() == 12);
    CHECK(session["rtpPacketsSent"].integer() == 12);
    CHECK(session["outboundFramesDiscarded"].integer() == 4);
    CHECK(session["outboundBytes"].integer() == 30);
    CHECK(session["bytesSent"].integer() == 30);

    const Json hls = site.json("GET", "/v3/hlssessions/get/2222");
    CHECK(hls.dump() ==
          R"({"id":"2222","created":"2026-01-08T10:00:00.000Z","remoteAddr":"192.0.2.2:2","path":"cam1",)"
          R"("query":"","user":"","userAgent":"p","outboundBytes":20,"isCDN":false})");
}

TEST_CASE("a muxer is listed while there is one") {
    ApiSite site;
    site.paths().set(online_path("cam1"));
    PathStatus other = online_path("cam2");
    other.sinks[0].counters = nullptr;
    site.paths().set(other);
    const Json list = site.json("GET", "/v3/hlsmuxers/list");
    REQUIRE(list["items"].items().size() == 1);
    CHECK(list["items"].items()[0].dump() ==
          R"({"path":"cam1","created":"2026-01-08T10:00:00.000Z","lastRequest":"2026-01-08T10:00:10.000Z",)"
          R"("outboundBytes":77,"outboundFramesDiscarded":0,"bytesSent":77})");
    CHECK(site.json("GET", "/v3/hlsmuxers/get/cam1")["path"].text() == "cam1");
    CHECK(site.get("/v3/hlsmuxers/get/cam2").status == 404);
}

TEST_CASE("a session is kicked by its id, in the list of its kind only") {
    ApiSite site;
    site.paths().set(online_path("cam1"));
    CHECK(site.call("POST", "/v3/hlssessions/kick/1111").status == 404);
    CHECK(site.paths().ended.empty());
    const auto reply = site.call("POST", "/v3/webrtcsessions/kick/1111");
    CHECK(reply.status == 200);
    CHECK(reply.body == R"({"status":"ok"})");
    CHECK(site.paths().ended == std::vector<std::string>{"1111"});
}

TEST_CASE("what is not served has empty lists or is not there") {
    ApiSite site;
    for (const char* kind : {"rtspconns", "rtspsconns", "rtspsessions", "rtspssessions"}) {
        INFO(kind);
        const std::string prefix = fmt::format("/v3/{}/", kind);
        CHECK(site.json("GET", prefix + "list").dump() == R"({"pageCount":0,"itemCount":0,"items":[]})");
        CHECK(site.get(prefix + "get/1").status == 404);
        CHECK(site.call("POST", prefix + "kick/1").status == 404);
    }
    for (const char* kind : {"rtmpconns", "rtmpsconns", "srtconns"})
        CHECK(site.get(fmt::format("/v3/{}/list", kind)).status == 404);
}

TEST_CASE("bad requests to the lists") {
    struct Case {
        const char *method, *target;
        int status;
    };
    const auto [method, target, status] = GENERATE(values<Case>({
        {"GET", "/v3/paths/list?page=-1", 400},
        {"GET", "/v3/paths/list?page=x", 400},
        {"GET", "/v3/paths/list?itemsPerPage=0", 400},
        {"GET", "/v3/webrtcsessions/list?itemsPerPage=99999999999", 400},
        {"GET", "/v3/hlsmuxers/list?page=1.5", 400},
        {"POST", "/v3/paths/list", 405},
        {"DELETE", "/v3/paths/get/cam1", 405},
        {"GET", "/v3/webrtcsessions/kick/1111", 405},
        {"POST", "/v3/webrtcsessions/get/1111", 405},
        {"POST", "/v3/hlsmuxers/list", 405},
        {"POST", "/v3/info", 405},
        {"GET", "/v3/paths/get/", 404},
        {"GET", "/v3/paths/get/nothing", 404},
        {"GET", "/v3/paths/", 404},
        {"GET", "/v3/webrtcsessions/get/9999", 404},
        {"POST", "/v3/webrtcsessions/kick/", 404},
        {"POST", "/v3/rtspconns/kick/1", 404},
    }));
    ApiSite site;
    site.paths().set(online_path("cam1"));
    INFO(method << " " << target);
    const auto reply = site.call(method, target);
    CHECK(reply.status == status);
    const auto body = Json::parse(reply.body);
    REQUIRE(body);
    CHECK((*body)["status"].text() == "error");
}

TEST_CASE("the server says what it is, and whether clients may be sent to it") {
    ApiSite site;
    const Json info = site.json("GET", "/v3/info");
    CHECK(info["version"].text() == rill_module()->version);
    CHECK(info["started"].text().has_value());
    CHECK(site.get("/ready").status == 200);
    site.stop();
    CHECK(site.get("/ready").status == 503);
    CHECK(site.get("/health").status == 200);
}

TEST_CASE("secrets are taken out of queries") {
    CHECK(without_secrets("") == "");
    CHECK(without_secrets("a=b&c") == "a=b&c");
    CHECK(without_secrets("token=x") == "token=***");
    CHECK(without_secrets("a=1&jwt=x.y.z&&pass=&b=2") == "a=1&jwt=***&&pass=***&b=2");
}
