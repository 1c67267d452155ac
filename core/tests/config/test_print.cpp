#include "catch.hpp"
#include "config/config.hpp"
#include "config/print.hpp"
#include "fake_modules.hpp"

using namespace rill;
using namespace rill::config;
using rill::test::load_good;

namespace {

/// What is printed stands in other lines.
Config without_lines(std::string_view yaml) {
    Config config = load_good(yaml);
    config.path_lines.clear();
    return config;
}

}  // namespace

TEST_CASE("what is printed loads to the same") {
    for (const std::string_view yaml : {std::string_view(""), std::string_view(R"(
logFile: "with \"quotes\", a: colon\tand # more"
httpAllowOrigins: ["https://a", "yes", "null"]
udpReadBufferSize: 1000
readTimeout: 1h30m
api: yes
pathDefaults:
  hlsSegmentCount: 3
  rec: yes
  recPath: /r
  turnServers:
    - {url: "turn:a", port: 5}
    - {url: "stun:ä"}
paths:
  b: {source: "cam://h/b", hlsSegmentCount: 4, camTransport: udp, turnServers: []}
  "null": {source: "cams://h/a", hls: no, rec: no, maxReaders: 7}
  2: {source: "cam://h", gopCacheSize: 0}
)")}) {
        const Config config = without_lines(yaml);
        const std::string printed = to_yaml(config);
        INFO(printed);
        CHECK(without_lines(printed) == config);
        CHECK(to_yaml(without_lines(printed)) == printed);
    }
}

TEST_CASE("a path shows what it has of its own") {
    const std::string printed = to_yaml(without_lines(R"(
hlsSegmentCount: 5
paths:
  a: {source: "cam://h/b", hlsSegmentCount: 4, hlsVariant: lowLatency}
)"));
    const auto paths = printed.find("\npaths:");
    REQUIRE(paths != std::string::npos);
    CHECK(printed.substr(paths) == "\npaths:\n  a:\n    source: \"cam://h/b\"\n    hlsSegmentCount: 4\n");
    CHECK(printed.find("  hlsSegmentCount: 5\n") < paths);
}

TEST_CASE("no secret is printed") {
    const std::string printed = to_yaml(without_lines(R"(
camToken: hunter2
turnServers: [{url: "turn:a", password: hunter2}]
pathDefaults: {source: "cam://joe:hunter2@h"}
paths:
  a: {source: "cam://joe:hunter2@h/b"}
  b: {source: "web://h", webKey: 4711}
)"));
    INFO(printed);
    CHECK(printed.find("hunter2") == std::string::npos);
    CHECK(printed.find("4711") == std::string::npos);
    CHECK(printed.find("camToken: \"***\"") != std::string::npos);
    CHECK(printed.find("password: \"***\"") != std::string::npos);
    CHECK(printed.find("webKey: \"***\"") != std::string::npos);
    CHECK(printed.find("cam://***@h/b") != std::string::npos);
}
