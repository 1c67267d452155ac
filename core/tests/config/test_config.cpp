#include "catch.hpp"
#include "config/config.hpp"
#include "fake_modules.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace rill;
using namespace rill::config;
using rill::test::load_good;
using namespace std::chrono_literals;

namespace {

const Configured<SinkFactory>& sink(const PathConfig& path, std::string_view id) {
    for (const auto& configured : path.sinks) {
        if (configured.factory->id == id) return configured;
    }
    FAIL("no sink " << id);
    return path.sinks.front();
}

std::vector<std::string> problems(std::string_view yaml, const Environment& environment = {}) {
    std::vector<std::string> result;
    for (const Problem& problem : load(yaml, "config.yml", test::fake_registry(), environment).problems) {
        result.push_back(problem.text());
    }
    return result;
}

}  // namespace

TEST_CASE("an empty configuration is the defaults") {
    const Config config = load_good("");
    CHECK(config == Config::defaults(test::fake_registry()));
    CHECK(config.core.text("logLevel") == "info");
    CHECK(config.core.duration("readTimeout") == 10s);
    CHECK(config.core.integer("writeQueueSize") == 512);
    CHECK(config.services.front().options.text("address") == ":8080");
    CHECK(config.core.list("httpAllowOrigins") == std::vector<std::string>{"*"});
    CHECK(config.path_defaults.core.integer("gopCacheSize") == 16 << 20);
    CHECK(config.paths.empty());
    CHECK(load_good("paths:\npathDefaults:\n") == config);
}

TEST_CASE("a value comes from the path, else pathDefaults, else the top level, else the table") {
    const Config config = load_good(R"(
hlsSegmentCount: 2
hlsSegmentDuration: 2s
hlsVariant: fmp4
gopCacheSize: 1M
pathDefaults:
  hlsSegmentCount: 3
  hlsSegmentDuration: 3s
  maxReaders: 5
  camTransport: udp
paths:
  b: {source: "cam://h/b", hlsSegmentCount: 4, gopCacheSize: 0, camTransport: tcp}
  a: {source: "CAMS://h/a"}
)");
    CHECK(config.path_order == std::vector<std::string>{"b", "a"});
    const PathConfig& b = config.paths.at("b");
    CHECK(b.name == "b");
    CHECK(b.source.factory->id == "cam");
    CHECK(b.source.options->text("transport") == "tcp");
    CHECK(b.core.text("source") == "cam://h/b");
    CHECK(b.core.integer("maxReaders") == 5);
    CHECK(b.core.integer("gopCacheSize") == 0);
    const Options& hls = *sink(b, "hls").options;
    CHECK(hls.integer("segmentCount") == 4);
    CHECK(hls.duration("segmentDuration") == 3s);
    CHECK(hls.text("variant") == "fmp4");
    CHECK(hls.integer("segmentMaxSize") == 50 << 20);

    const PathConfig& a = config.paths.at("a");
    CHECK(a.source.factory->id == "cam");
    CHECK(a.source.options->text("transport") == "udp");
    CHECK(a.core.integer("gopCacheSize") == 1 << 20);
    CHECK(sink(a, "hls").options->integer("segmentCount") == 3);
    // What a path does not change it does not pay for.
    CHECK(sink(a, "hls").options == config.path_defaults.sinks[0].options);
}

TEST_CASE("paths share the hooks that they say nothing about") {
    const Config config = load_good(R"(
pathDefaults: {runOnRead: all}
paths:
  a: {source: "cam://h"}
  b: {source: "cam://h", runOnRead: own}
  c: {source: "cam://h", runOnRead: all}
)");
    const auto hooks = [&config](const char* path) { return config.paths.at(path).hooks; };
    CHECK(hooks("a") == config.path_defaults.hooks);
    CHECK(hooks("a")->text("runOnRead") == "all");
    CHECK(hooks("b")->text("runOnRead") == "own");
    CHECK(have_same(hooks("a"), hooks("c")));
    CHECK_FALSE(have_same(hooks("a"), hooks("b")));
    CHECK_FALSE(config == load_good("pathDefaults: {runOnRead: all}\npaths: {}\n"));
}

TEST_CASE("sinks and controllers are switched by their ids") {
    const Config config = load_good(R"(
api: yes
rec: yes
recPath: /r
paths:
  a: {source: "cam://h"}
  b: {source: "cam://h", hls: no, rec: no}
)");
    CHECK(config.controllers[0].enabled);
    CHECK(sink(config.paths.at("a"), "hls").enabled);
    CHECK(sink(config.paths.at("a"), "rec").enabled);
    CHECK_FALSE(sink(config.paths.at("a"), "turn").enabled);
    CHECK_FALSE(sink(config.paths.at("b"), "hls").enabled);
    CHECK_FALSE(sink(config.paths.at("b"), "rec").enabled);
}

TEST_CASE("lists and records") {
    const Config config = load_good(R"(
httpAllowOrigins: "https://a, https://b"
recHosts: [x, y]
turnServers:
  - {url: "turn:a", password: "null"}
  - url: stun:b
    port: 5
)");
    CHECK(config.core.list("httpAllowOrigins") == std::vector<std::string>{"https://a", "https://b"});
    const auto& sinks = config.path_defaults.sinks;
    CHECK(sinks[1].options->list("hosts") == std::vector<std::string>{"x", "y"});
    const auto& servers = sinks[2].options->records("servers");
    REQUIRE(servers.size() == 2);
    CHECK(servers[0].text("url") == "turn:a");
    CHECK(servers[0].text("password") == "null");
    CHECK(servers[0].integer("port") == 3478);
    CHECK(servers[1].integer("port") == 5);
}

TEST_CASE("configurations are compared by value, path by path") {
    constexpr std::string_view text = "paths:\n  a: {source: cam://h}\n  b: {source: cam://h}\n";
    const Config before = load_good(text);
    CHECK(load_good(text) == before);
    const Config after =
        load_good("paths:\n  a: {source: cam://h}\n  b: {source: cam://h, hlsVariant: fmp4}\n");
    CHECK(after.paths.at("a") == before.paths.at("a"));
    CHECK_FALSE(after.paths.at("b") == before.paths.at("b"));
}

TEST_CASE("BIND_ADDRESS is httpAddress where nothing of ours says it") {
    const auto address = [](const Environment& environment) {
        return test::load_good("httpAddress: :1\n", environment).services.front().options.text("address");
    };
    CHECK(address({{"BIND_ADDRESS", ":2"}}) == ":2");
    CHECK(address({{"BIND_ADDRESS", ""}}) == ":1");
    CHECK(address({{"BIND_ADDRESS", ":2"}, {"MTX_HTTPADDRESS", ":3"}}) == ":3");
    CHECK(address({{"BIND_ADDRESS", ":2"}, {"RILL_HTTPADDRESS", ":4"}}) == ":4");
    const auto told = problems("", {{"BIND_ADDRESS", "0.0.0.0"}});
    REQUIRE(told.size() == 1);
    CHECK(told.front().starts_with("BIND_ADDRESS: "));
}

TEST_CASE("variables of the environment are the topmost layer") {
    const Environment environment = {
        {"RILL_READTIMEOUT", "3s"},
        {"RILL_HTTPALLOWORIGINS", "https://a,https://b"},
        {"RILL_PATHDEFAULTS_HLSSEGMENTCOUNT", "9"},
        {"RILL_PATHS_CAM1_SOURCE", "cam://other"},
        {"RILL_PATHS_SITE_DOOR_2_MAXREADERS", "4"},
        {"RILL_PATHS_NEW_SOURCE", "cam://new"},
        {"RILL_MODULE_DIR", "/somewhere"},
        {"RILL_SERVICE_HOST", "10.0.0.1"},
        {"PATH", "/bin"},
    };
    const Config config =
        load_good("readTimeout: 5s\npaths:\n  cam1: {source: cam://h}\n  site/door-2: {source: cam://h}\n",
                  environment);
    CHECK(config.core.duration("readTimeout") == 3s);
    CHECK(config.core.list("httpAllowOrigins") == std::vector<std::string>{"https://a", "https://b"});
    CHECK(config.paths.at("cam1").core.text("source") == "cam://other");
    CHECK(config.paths.at("site/door-2").core.integer("maxReaders") == 4);
    CHECK(config.paths.at("new").core.text("source") == "cam://new");
    CHECK(sink(config.paths.at("new"), "hls").options->integer("segmentCount") == 9);
    CHECK(load_good("", {{"RILL_PATHS_X_SOURCE", "cam://h"}}).paths.size() == 1);
}

TEST_CASE("a bad variable is told by its name") {
    using Texts = std::vector<std::string>;
    CHECK(problems("", {{"RILL_WRITEQUEUESIZE", "x"}}) ==
          Texts{"RILL_WRITEQUEUESIZE: expected an integer from 1 to 1048576, got \"x\""});
    CHECK(problems("", {{"RILL_PATHS_CAM1_MAXREADERS", "x"}, {"RILL_PATHS_CAM1_SOURCE", "cam://h"}}) ==
          Texts{"RILL_PATHS_CAM1_MAXREADERS: expected an integer from 0 to 2147483647, got \"x\""});
    CHECK(problems("", {{"RILL_PATHS_CAM1_SORCE", "cam://h"}}) ==
          Texts{"RILL_PATHS_CAM1_SORCE: unknown key, did you mean SOURCE?",
                "RILL_PATHS_CAM1_SOURCE: is required"});
    CHECK(problems("", {{"RILL_PATHS_SOURCE", "cam://h"}}) ==
          Texts{"RILL_PATHS_SOURCE: expected RILL_PATHS_NAME_KEY"});
    CHECK(problems("paths: 1\n", {{"RILL_PATHS_A_SOURCE", "cam://h"}}) ==
          Texts{"config.yml:1: paths: expected a mapping, got a text"});
}

TEST_CASE("log settings") {
    const Logging logging = logging_of(load_good("logLevel: warn\nlogStructured: yes\nlogFile: /tmp/x\n"));
    CHECK(logging.level == LogLevel::warning);
    CHECK(logging.structured);
    CHECK(logging.destinations.standard_output);
    CHECK(logging.destinations.file.empty());
    CHECK(logging.destinations.system_prefix.empty());
    const Logging all =
        logging_of(load_good("logDestinations: [file, syslog]\nlogFile: /tmp/x\nsysLogPrefix: cams\n"));
    CHECK_FALSE(all.destinations.standard_output);
    CHECK(all.destinations.file == "/tmp/x");
    CHECK(all.destinations.system_prefix == "cams");
    CHECK(logging_of(load_good("logDestinations: [file]\n")).destinations.file == "rill.log");
}

TEST_CASE("ten thousand paths are loaded, each complete") {
    std::string text = "hlsSegmentCount: 5\npaths:\n";
    for (int i = 0; i < 10'000; ++i) {
        text += fmt::format(
            "  site/cam{0}:\n    source: cam://user:pass@10.0.0.1:554/stream{0}\n"
            "    sourceOnDemand: yes\n    hlsSegmentCount: {1}\n",
            i, i % 7 + 1);
    }
    const Config config = load_good(text);
    CHECK(config.paths.size() == 10'000);
    CHECK(config.path_order[9999] == "site/cam9999");
    CHECK(sink(config.paths.at("site/cam9999"), "hls").options->integer("segmentCount") == 9999 % 7 + 1);
}

TEST_CASE("a service has its address, and is on where its switch is") {
    const auto service = [](const Config& config, std::string_view id) {
        return *std::ranges::find(config.services, id, &Service::id);
    };
    const Config config = load_good(
        "hlsAddress: :8888\nhlsTrustedProxies: [10.0.0.1]\nhls: no\n"
        "paths:\n  a: {source: 'cam://h'}\n");
    const Service hls = service(config, "hls");
    CHECK(hls.options.text("address") == ":8888");
    CHECK(hls.options.list("trustedProxies") == std::vector<std::string>{"10.0.0.1"});
    CHECK(hls.options.text("serverCert") == "server.crt");
    CHECK_FALSE(config.is_on(hls));
    CHECK(config.is_on(service(config, "http")));
    CHECK(load_good("hls: no\npaths:\n  a: {source: 'cam://h', camToken: t, hls: yes}\n").is_on(hls));
    CHECK(
        problems("pathDefaults: {hlsAddress: ':1'}\n") ==
        std::vector<std::string>{"config.yml:1: pathDefaults.hlsAddress: can be set only at the top level"});
}
