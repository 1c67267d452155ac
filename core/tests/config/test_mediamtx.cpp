// Configurations of MediaMTX, of its versions then and now.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/mediamtx.hpp"
#include "fake_modules.hpp"

#include <fmt/format.h>

using namespace rill;
using namespace rill::config;
using Texts = std::vector<std::string>;

namespace {

Texts texts(const std::vector<Problem>& problems) {
    Texts result;
    for (const Problem& problem : problems)
        result.push_back(problem.text());
    return result;
}

Loaded load_text(std::string_view yaml, const Environment& environment = {}) {
    return load(yaml, "m.yml", test::fake_registry(), environment);
}

}  // namespace

TEST_CASE("keys without effect are accepted, and named once") {
    const Loaded loaded = load_text(R"(
rtmp: yes
rtmpAddress: :1935
moqAddress: :1
pprof: no
rtspAddress: :8554
protocols: [tcp]
hlsCDNSecret: x
webrtcTrustedProxies: []
pathDefaults:
  runOnDemand: touch /tmp/x
  rpiCameraWidth: 1920
paths:
  a: {source: "cam://h", runOnDemand: x, rpiCameraHeight: 1}
)");
    CHECK(loaded.problems.empty());
    CHECK(texts(loaded.warnings) ==
          Texts{"m.yml: keys of MediaMTX without effect here: hlsCDNSecret, moqAddress, pprof, "
                "protocols, rpiCameraHeight, rpiCameraWidth, rtmp, rtmpAddress, rtspAddress, runOnDemand, "
                "webrtcTrustedProxies"});
}

TEST_CASE("paths by regular expressions that wait for publishers are left out, and named once") {
    const Loaded loaded = load_text(R"(
paths:
  a: {source: "cam://h"}
  ~^live/: {source: publisher}
  all_others:
)");
    CHECK(loaded.problems.empty());
    CHECK(
        texts(loaded.warnings) ==
        Texts{"m.yml: paths that wait for publishers, whom this version does not take: all_others, ~^live/"});
    CHECK(loaded.config.path_keys() == std::vector<std::string>{"a"});
    // One that has a name of its own is meant to be watched.
    CHECK(texts(load_text("paths: {b: {source: publisher}}\n").problems) ==
          Texts{"m.yml:1: paths.b.source: publisher needs a module that is not installed"});
}

TEST_CASE("older names count, and are named once with those of today") {
    const Loaded loaded = load_text(R"(
readBufferCount: 64
hlsDisable: yes
paths:
  a: {source: "cam://h"}
)");
    CHECK(loaded.problems.empty());
    CHECK(texts(loaded.warnings) ==
          Texts{"m.yml: older names, which still count: hlsDisable (hls), readBufferCount (writeQueueSize)"});
    CHECK(loaded.config.core.integer("writeQueueSize") == 64);
    CHECK_FALSE(loaded.config.path_defaults.sinks[0].enabled);
    CHECK_FALSE(loaded.config.paths.at("a").sinks[0].enabled);
    CHECK(load_text("hlsDisable: no\n").config.path_defaults.sinks[0].enabled);
    CHECK(texts(load_text("hlsDisable: perhaps\n").problems) ==
          Texts{"m.yml:1: hls: expected yes or no, got \"perhaps\""});
}

TEST_CASE("a key that begins like a protocol, and is none, is unknown") {
    for (const char* key : {"rtmpaddress", "srtx", "moqs", "hlsAddresses"}) {
        INFO(key);
        const Loaded loaded = load_text(fmt::format("{}: x\n", key));
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].message.starts_with("unknown key"));
    }
    CHECK(texts(load_text("pathDefaults: {rtspAddress: ':1'}\n").problems) ==
          Texts{"m.yml:1: pathDefaults.rtspAddress: unknown key"});
}

TEST_CASE("what would protect is never left out silently") {
    for (const char* line : {"externalAuthenticationURL: http://h", "pathDefaults: {readUser: x}"}) {
        INFO(line);
        const Loaded loaded = load_text(line);
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].message.starts_with("this "));
    }
    for (const char* line : {"externalAuthenticationURL: ''", "pathDefaults: {readUser: ''}"}) {
        INFO(line);
        const Loaded loaded = load_text(line);
        CHECK(loaded.problems.empty());
        CHECK(loaded.warnings.empty());
    }
}

TEST_CASE("the older form of ICE servers") {
    Node list;
    list.kind = Node::Kind::sequence;
    for (const char* text : {"stun:stun.example.org:3478", "turn:joe:pw:turn.example.org:3478"}) {
        Node item;
        item.text = text;
        list.items.push_back(item);
    }
    const ForeignKey key = foreign_key("webrtcICEServers", Scope::global);
    CHECK(key.name == "webrtcICEServers2");
    const Node records = translated(key, list);
    REQUIRE(records.items.size() == 2);
    REQUIRE(records.items[0].entries.size() == 1);
    CHECK(records.items[0].entries[0].key == "url");
    CHECK(records.items[0].entries[0].value.text == "stun:stun.example.org:3478");
    REQUIRE(records.items[1].entries.size() == 3);
    CHECK(records.items[1].entries[0].value.text == "turn:turn.example.org:3478");
    CHECK(records.items[1].entries[1].value.text == "joe");
    CHECK(records.items[1].entries[2].value.text == "pw");
}

TEST_CASE("variables of MediaMTX count as ours, which win") {
    const Loaded loaded =
        load_text("paths:\n  cam_1: {source: cam://h}\n", {{"MTX_READTIMEOUT", "3s"},
                                                           {"MTX_WRITETIMEOUT", "3s"},
                                                           {"RILL_WRITETIMEOUT", "4s"},
                                                           {"MTX_READBUFFERCOUNT", "32"},
                                                           {"MTX_RTSPADDRESS", ":1"},
                                                           {"MTX_QUERY", "of a hook"},
                                                           {"MTX_PATHS_CAM_1_MAXREADERS", "2"},
                                                           {"MTX_TURNSERVERS_1_URL", "turn:b"},
                                                           {"RILL_TURNSERVERS_0_URL", "turn:a"},
                                                           {"RILL_TURNSERVERS_0_PORT", "5"},
                                                           {"RILL_PATHS_CAM_1_TURNSERVERS_0_URL", "turn:c"}});
    CHECK(loaded.problems.empty());
    CHECK(texts(loaded.warnings) ==
          Texts{"m.yml: older names, which still count: readBufferCount (writeQueueSize)",
                "m.yml: keys of MediaMTX without effect here: rtspAddress"});
    using namespace std::chrono_literals;
    CHECK(loaded.config.core.duration("readTimeout") == 3s);
    CHECK(loaded.config.core.duration("writeTimeout") == 4s);
    CHECK(loaded.config.core.integer("writeQueueSize") == 32);
    CHECK(loaded.config.paths.at("cam_1").core.integer("maxReaders") == 2);
    const auto& servers = loaded.config.path_defaults.sinks[2].options->records("servers");
    REQUIRE(servers.size() == 2);
    CHECK(servers[0].text("url") == "turn:a");
    CHECK(servers[0].integer("port") == 5);
    CHECK(servers[1].text("url") == "turn:b");
    CHECK(loaded.config.paths.at("cam_1").sinks[2].options->records("servers")[0].text("url") == "turn:c");
}

TEST_CASE("a bad variable of MediaMTX is told by its own name") {
    CHECK(texts(load_text("", {{"MTX_WRITEQUEUESIZE", "x"}}).problems) ==
          Texts{"MTX_WRITEQUEUESIZE: expected an integer from 1 to 1048576, got \"x\""});
    CHECK(texts(load_text("", {{"MTX_PATHS_SOURCE", "x"}}).problems) ==
          Texts{"MTX_PATHS_SOURCE: expected MTX_PATHS_NAME_KEY"});
    CHECK(texts(load_text("", {{"RILL_PATHDEFAULTS_TURNSERVERS_0_URK", "x"}}).problems) ==
          Texts{"RILL_PATHDEFAULTS_TURNSERVERS_0_URK: unknown key"});
    CHECK(load_text("", {{"RILL_PATHDEFAULTS_TURNSERVERS_100_URL", "x"}}).problems.size() == 1);
    // The list is MediaMTX's or the file's to complete.
    CHECK(texts(load_text("", {{"RILL_TURNSERVERS_1_URL", "x"}}).problems) ==
          Texts{"RILL_TURNSERVERS_0_: expected a mapping, got a text"});
}
