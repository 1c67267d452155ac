#include "catch.hpp"
#include "controller_site.hpp"

#include <rill/link_meter.hpp>

using namespace rill;
using namespace rill::test;

namespace {

std::string metrics_of(ControllerSite& site) {
    const auto reply = site.get("/metrics");
    REQUIRE(reply.status == 200);
    return "\n" + reply.body;
}

/// Whether this is a line, and no other one begins in the same way.
bool has_line(const std::string& text, const std::string& line) {
    const auto begin = text.find("\n" + line + "\n");
    const std::string series = "\n" + line.substr(0, line.rfind(' ') + 1);
    return begin != std::string::npos && text.find(series) == begin && text.rfind(series) == begin;
}

}  // namespace

TEST_CASE("a storage has each of its numbers, by its root") {
    ControllerSite site(*rill_module());
    site.recordings().set_storages({numbered_storage("/srv/a"), {.root = "/srv/\"b", .failure = {}}});
    const std::string text = metrics_of(site);
    for (const char* line :
         {R"(rill_storage_segments{root="/srv/a"} 1)", R"(rill_storage_bytes{root="/srv/a"} 2)",
          R"(rill_storage_disk_free_bytes{root="/srv/a"} 4)",
          R"(rill_storage_written_bytes_total{root="/srv/a"} 5)",
          R"(rill_storage_queued_bytes{root="/srv/a"} 6)",
          R"(rill_storage_dropped_parts_total{root="/srv/a"} 7)",
          R"(rill_storage_deleted_bytes_total{root="/srv/a"} 8)", R"(rill_storage_failed{root="/srv/a"} 1)",
          R"(rill_storage_failed{root="/srv/\"b"} 0)", "# TYPE rill_storage_written_bytes_total counter",
          "# TYPE rill_storage_failed gauge"}) {
        INFO(line);
        CHECK(has_line(text, line));
    }
}

TEST_CASE("without an archive there are no storages") {
    ControllerSite site(*rill_module());
    site.lose_archive();
    CHECK(metrics_of(site).find("rill_storage") == std::string::npos);
}

TEST_CASE("a sink that does not run can be told from one that does") {
    ControllerSite site(*rill_module());
    PathStatus path;
    path.name = "site/door";
    path.sinks = {{.id = "record", .running = false, .reason = "no space left"},
                  {.id = "hls", .running = true, .reason = {}}};
    site.paths().set(path);
    const std::string text = metrics_of(site);
    CHECK(has_line(text, R"(rill_sink_running{path="site/door",sink="record"} 0)"));
    CHECK(has_line(text, R"(rill_sink_running{path="site/door",sink="hls"} 1)"));
}

TEST_CASE("what sinks count themselves stands together by name, a counter where it only grows") {
    struct Numbers final : SinkCounters {
        std::vector<SinkCounter> read() const override {
            return {{"sent_bytes_total", "Bytes sent.", 7}, {"clients", "Who watches.", 2}};
        }
    };
    ControllerSite site(*rill_module());
    for (const char* name : {"a", "b\"c"}) {
        PathStatus path;
        path.name = name;
        path.sinks = {
            {.id = "hls", .running = true, .reason = {}},
            {.id = "frames", .running = true, .reason = {}, .counters = std::make_shared<const Numbers>()}};
        site.paths().set(path);
    }
    const std::string text = metrics_of(site);
    CHECK(text.find("# HELP rill_frames_sent_bytes_total Bytes sent.\n"
                    "# TYPE rill_frames_sent_bytes_total counter\n"
                    "rill_frames_sent_bytes_total{path=\"a\"} 7\n"
                    "rill_frames_sent_bytes_total{path=\"b\\\"c\"} 7\n") != std::string::npos);
    CHECK(has_line(text, "# TYPE rill_frames_clients gauge"));
    CHECK(has_line(text, R"(rill_frames_clients{path="a"} 2)"));
    CHECK(text.find("rill_hls_") == std::string::npos);
}

namespace {

struct Details final : ReaderDetails {
    Json read() const override { return Json::object().set("outboundRTPPackets", 12); }
};

PathStatus watched(const std::string& name) {
    PathStatus path;
    path.name = name;
    path.state = PathState::online;
    path.available_since_us = 1;
    path.inbound_bytes = 100;
    path.outbound_bytes = 50;
    Format format;
    format.codec = Codec::h265;
    path.tracks = {
        {.format = std::make_shared<const Format>(format), .units = 5, .bytes = 6, .discontinuities = 7}};
    path.readers = {{.id = name + "-1",
                     .type = "webrtc",
                     .remote = "192.0.2.1:1",
                     .user_agent = "",
                     .bytes_sent = 30,
                     .units_dropped = 4,
                     .session = "webRTCSession",
                     .details = std::make_shared<const Details>()},
                    {.id = name + "-2",
                     .type = "hls",
                     .remote = "192.0.2.2:2",
                     .user_agent = "",
                     .bytes_sent = 20,
                     .session = "hlsSession"}};
    return path;
}

}  // namespace

TEST_CASE("MediaMTX's names, and the older ones beside them") {
    ControllerSite site(*rill_module());
    site.paths().set(watched("cam1"));
    const std::string text = metrics_of(site);
    for (
        const char* line :
        {R"(paths{name="cam1",state="ready"} 1)",
         R"(paths_readers{name="cam1",state="ready",readerType="hlsSession"} 1)",
         R"(paths_readers{name="cam1",state="ready",readerType="webRTCSession"} 1)",
         R"(paths_inbound_bytes{name="cam1",state="ready"} 100)",
         R"(paths_bytes_received{name="cam1",state="ready"} 100)",
         R"(paths_bytes_sent{name="cam1",state="ready"} 50)",
         R"(paths_inbound_frames_in_error{name="cam1",state="ready"} 7)",
         R"(hls_sessions{id="cam1-2",path="cam1",remoteAddr="192.0.2.2:2"} 1)",
         R"(hls_sessions_outbound_bytes{id="cam1-2",path="cam1",remoteAddr="192.0.2.2:2"} 20)",
         R"(webrtc_sessions{id="cam1-1",state="read",path="cam1",remoteAddr="192.0.2.1:1"} 1)",
         R"(webrtc_sessions_outbound_rtp_packets{id="cam1-1",state="read",path="cam1",remoteAddr="192.0.2.1:1"} 12)",
         R"(webrtc_sessions_rtp_packets_sent{id="cam1-1",state="read",path="cam1",remoteAddr="192.0.2.1:1"} 12)",
         R"(webrtc_sessions_outbound_frames_discarded{id="cam1-1",state="read",path="cam1",remoteAddr="192.0.2.1:1"} 4)",
         R"(rill_track_discontinuities_total{path="cam1",track="0",codec="H265"} 7)",
         R"(rill_reader_sent_bytes_total{path="cam1",id="cam1-1",type="webrtc"} 30)", "hls_muxers 0",
         "rtsp_conns 0", "rtsps_sessions_inbound_rtp_packets_lost 0", "forward_dests 0"}) {
        INFO(line);
        CHECK(has_line(text, line));
    }
}

TEST_CASE("where there is nothing each name has one line") {
    ControllerSite site(*rill_module());
    const std::string text = metrics_of(site);
    for (const char* line : {"paths 0", "paths_readers 0", "paths_inbound_bytes 0", "hls_sessions 0",
                             "webrtc_sessions 0", "webrtc_sessions_bytes_sent 0"}) {
        INFO(line);
        CHECK(has_line(text, line));
    }
}

TEST_CASE("pages of other origins may read the metrics") {
    ControllerSite site(*rill_module());
    CHECK(site.get("/metrics", "Origin: http://other\r\n").headers.at("access-control-allow-origin") == "*");
    const auto preflight = site.call("OPTIONS", "/metrics", "Origin: http://other\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.headers.at("access-control-allow-headers") == "authorization");
}

TEST_CASE("filters leave what they name") {
    ControllerSite site(*rill_module());
    site.paths().set(watched("a"));
    site.paths().set(watched("b"));
    const auto of = [&](const std::string& query) {
        const auto reply = site.get("/metrics?" + query);
        REQUIRE(reply.status == 200);
        return "\n" + reply.body;
    };
    const auto has = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    const std::string paths = of("type=paths");
    CHECK(has(paths, "\npaths{name=\"a\""));
    CHECK_FALSE(has(paths, "webrtc_"));
    CHECK_FALSE(has(paths, "rill_"));
    const std::string one = of("path=a");
    CHECK(has(one, R"(name="a")"));
    CHECK(has(one, "rill_path_online{path=\"a\"} 1"));
    CHECK_FALSE(has(one, R"(="b")"));
    CHECK_FALSE(has(one, "rill_http_"));
    const std::string session = of("webrtc_session=b-1");
    CHECK(has(session, "\nwebrtc_sessions{id=\"b-1\""));
    CHECK_FALSE(has(session, "a-1"));
    CHECK_FALSE(has(session, "\npaths"));
    CHECK(has(of("hls_session=nobody"), "\nhls_sessions 0\n"));
    const std::string own = of("type=rill&path=b");
    CHECK(has(own, "rill_path_online{path=\"b\"} 1"));
    CHECK_FALSE(has(own, "\npaths"));
    CHECK(of("type=rtmp_conns") == "\n");
    CHECK(site.get("/metrics?type=nonsense").status == 400);
}

TEST_CASE("histograms add up all links of a sink") {
    ControllerSite site(*rill_module());
    const auto meter = std::make_shared<LinkMeter>();
    meter->waits.add(50);
    meter->waits.add(100);
    meter->waits.add(900);
    meter->waits.add(6'000'000);
    meter->losses.add(60);
    meter->units = 3;
    for (const char* name : {"a", "b"}) {
        PathStatus path;
        path.name = name;
        path.sinks = {{.id = "hls", .running = true, .reason = {}, .links = meter}};
        site.paths().set(path);
    }
    const std::string text = metrics_of(site);
    for (const char* line :
         {"# TYPE rill_link_wait_seconds histogram",
          R"(rill_link_wait_seconds_bucket{sink="hls",le="0.0001"} 4)",
          R"(rill_link_wait_seconds_bucket{sink="hls",le="0.0005"} 4)",
          R"(rill_link_wait_seconds_bucket{sink="hls",le="0.001"} 6)",
          R"(rill_link_wait_seconds_bucket{sink="hls",le="5"} 6)",
          R"(rill_link_wait_seconds_bucket{sink="hls",le="+Inf"} 8)",
          R"(rill_link_wait_seconds_count{sink="hls"} 8)",
          R"(rill_link_loss_units_bucket{sink="hls",le="50"} 0)",
          R"(rill_link_loss_units_bucket{sink="hls",le="100"} 2)",
          R"(rill_link_loss_units_sum{sink="hls"} 120)", R"(rill_link_units_total{path="a",sink="hls"} 3)",
          R"(rill_link_lost_units_total{path="b",sink="hls"} 60)"}) {
        INFO(line);
        CHECK(has_line(text, line));
    }
}

TEST_CASE("what a name holds breaks no line") {
    ControllerSite site(*rill_module());
    site.paths().set(watched("a\"b\\c\nd"));
    const std::string text = metrics_of(site);
    CHECK(text.find(R"(paths{name="a\"b\\c\nd",state="ready"} 1)") != std::string::npos);
    CHECK(text.find(R"(rill_path_online{path="a\"b\\c\nd"} 1)") != std::string::npos);
    CHECK(text.find(R"(id="a\"b\\c\nd-1")") != std::string::npos);
    CHECK(text.find("\nd") == std::string::npos);
}
