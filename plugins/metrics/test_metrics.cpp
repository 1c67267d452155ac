#include "catch.hpp"
#include "controller_site.hpp"

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
