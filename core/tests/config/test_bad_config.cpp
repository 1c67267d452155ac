// One bad configuration a line, and exactly what is said about it.
#include "catch.hpp"
#include "config/config.hpp"
#include "fake_modules.hpp"

#include <fmt/format.h>

#include <array>

using namespace rill;

namespace {

struct Case {
    std::string_view yaml;
    std::string_view message;
};

std::vector<std::string> problems(std::string_view yaml) {
    std::vector<std::string> result;
    for (const auto& problem : config::load(yaml, "config.yml", test::fake_registry()).problems) {
        result.push_back(problem.text());
    }
    return result;
}

}  // namespace

TEST_CASE("bad configurations are refused with file, line and key") {
    constexpr auto cases = std::to_array<Case>({
        // the shape of the file
        {"- a\n", "config.yml:1: the configuration: expected a mapping, got a sequence"},
        {"hello\n", "config.yml:1: the configuration: expected a mapping, got a text"},
        {"paths: [a]\n", "config.yml:1: paths: expected a mapping, got a sequence"},
        {"pathDefaults: x\n", "config.yml:1: pathDefaults: expected a mapping, got a text"},
        {"paths:\n  a: cam://h\n", "config.yml:2: paths.a: expected a mapping, got a text"},
        {"logDestinations: [stdout, x]\n",
         "config.yml:1: logDestinations: expected a list of any of stdout, file, syslog, got \"x\""},
        {"logFile: ''\nlogDestinations: [file]\n",
         "config.yml:1: logFile: is required by logDestinations: file"},
        {"sysLogPrefix: 'a b'\n",
         "config.yml:1: sysLogPrefix: expected 1 to 48 letters, digits and _ . / ~ -, got \"a b\""},
        {"logLevel: info\nlogLevel: debug\n", "config.yml:2: logLevel: duplicate key, first on line 1"},
        {"paths:\n  a: {source: \"cam://h\"}\n  a: {source: \"cam://h\"}\n",
         "config.yml:3: paths.a: duplicate key, first on line 2"},
        {"paths: {\n", "config.yml:2:1: while parsing a flow node: did not find expected node content"},
        // unknown keys
        {"readTimeot: 1s\n", "config.yml:1: readTimeot: unknown key, did you mean readTimeout?"},
        {"READTIMEOUT: 1s\n", "config.yml:1: READTIMEOUT: unknown key, did you mean readTimeout?"},
        {"path:\n", "config.yml:1: path: unknown key, did you mean paths?"},
        {"zzzzzzzzz: 1s\n", "config.yml:1: zzzzzzzzz: unknown key"},
        {"\"a\\nb\": 1s\n", "config.yml:1: a\\nb: unknown key"},
        {"webrtc: yes\n", "config.yml:1: webrtc: unknown key"},
        {"paths:\n  a:\n    source: cam://h\n    hlsSegmentCont: 1\n",
         "config.yml:4: paths.a.hlsSegmentCont: unknown key, did you mean hlsSegmentCount?"},
        {"turnServers: [{url: x, prot: 1}]\n",
         "config.yml:1: turnServers[0].prot: unknown key, did you mean port?"},
        // keys in the wrong place
        {"source: cam://h\n", "config.yml:1: source: can be set only in a path or in pathDefaults"},
        {"pathDefaults:\n  logLevel: info\n",
         "config.yml:2: pathDefaults.logLevel: can be set only at the top level"},
        {"pathDefaults: {api: yes}\n", "config.yml:1: pathDefaults.api: can be set only at the top level"},
        // values
        {"logLevel: loud\n",
         "config.yml:1: logLevel: expected one of error, warn, info, debug, got \"loud\""},
        {"logStructured: 1\n", "config.yml:1: logStructured: expected yes or no, got \"1\""},
        {"logStructured:\n", "config.yml:1: logStructured: expected yes or no, got \"\""},
        {"readTimeout: 10\n",
         "config.yml:1: readTimeout: expected a duration from 1ms to 1d (such as 10s, "
         "200ms or 1h30m), got \"10\""},
        {"readTimeout: 0s\n",
         "config.yml:1: readTimeout: expected a duration from 1ms to 1d (such as 10s, "
         "200ms or 1h30m), got \"0s\""},
        {"writeTimeout: -1s\n",
         "config.yml:1: writeTimeout: expected a duration from 1ms to 1d (such as 10s, "
         "200ms or 1h30m), got \"-1s\""},
        {"writeQueueSize: 0\n",
         "config.yml:1: writeQueueSize: expected an integer from 1 to 1048576, got \"0\""},
        {"writeQueueSize: [1]\n",
         "config.yml:1: writeQueueSize: expected an integer from 1 to 1048576, got a sequence"},
        {"udpReadBufferSize: 1X\n",
         "config.yml:1: udpReadBufferSize: expected a size ≤ 1G (such as 50M, 64k "
         "or 1024), got \"1X\""},
        {"hlsAddress: 8888\n",
         "config.yml:1: hlsAddress: expected an address such as :8080 or 127.0.0.1:8080, got \"8888\""},
        {"httpTrustedProxies: [10.0.0.0/8, proxy]\n",
         "config.yml:1: httpTrustedProxies: expected an address or a range such as 192.0.2.0/24, got "
         "\"proxy\""},
        {"hlsEncryption: strict\n", "config.yml:1: hlsEncryption: expected yes or no, got \"strict\""},
        {"httpAddress: 8080\n",
         "config.yml:1: httpAddress: expected an address such as :8080 or "
         "127.0.0.1:8080, got \"8080\""},
        {"httpAddress: \"::1:8080\"\n",
         "config.yml:1: httpAddress: expected an address such as :8080 or "
         "127.0.0.1:8080, got \"::1:8080\""},
        {"httpAddress: \":70000\"\n",
         "config.yml:1: httpAddress: expected an address such as :8080 or "
         "127.0.0.1:8080, got \":70000\""},
        {"httpAllowOrigins: [a, \"\"]\n",
         "config.yml:1: httpAllowOrigins: expected a list of texts, none of them empty, got \"\""},
        {"httpAllowOrigins: [[a]]\n",
         "config.yml:1: httpAllowOrigins: expected a list of texts, got a sequence in it"},
        {"httpAllowOrigins: {a: b}\n",
         "config.yml:1: httpAllowOrigins: expected a list of texts, none of them empty, got a mapping"},
        {"hls: maybe\n", "config.yml:1: hls: expected yes or no, got \"maybe\""},
        {"\n\nhlsSegmentCount: x\n", "config.yml:3: hlsSegmentCount: expected an integer ≥ 1, got \"x\""},
        {"camToken: [secret]\n", "config.yml:1: camToken: expected a text, got a sequence"},
        {"webKey: hunter2\n", "config.yml:1: webKey: expected an integer"},
        // records
        {"turnServers: x\n", "config.yml:1: turnServers: expected a sequence of mappings, got \"x\""},
        {"turnServers: {url: x}\n",
         "config.yml:1: turnServers: expected a sequence of mappings, got a mapping"},
        {"turnServers: [x]\n", "config.yml:1: turnServers[0]: expected a mapping, got a text"},
        {"turnServers:\n  - url: x\n  - port: 1\n", "config.yml:3: turnServers[1].url: is required"},
        {"turnServers: [{url: x, port: 0}]\n",
         "config.yml:1: turnServers[0].port: expected an integer from 1 to 65535, got \"0\""},
        // paths
        {"paths:\n  a:\n", "config.yml:2: paths.a.source: is required"},
        {"paths:\n  a: {maxReaders: 1}\n", "config.yml:2: paths.a.source: is required"},
        {"paths:\n  a:\n    source: ''\n", "config.yml:3: paths.a.source: is required"},
        {"paths:\n  a:\n    source: [x]\n", "config.yml:3: paths.a.source: expected a text, got a sequence"},
        {"paths:\n  a:\n    maxReaders: 1\n    source: publisher\n",
         "config.yml:4: paths.a.source: publisher needs a module that is not installed"},
        {"paths:\n  a: {source: redirect}\n",
         "config.yml:2: paths.a.source: redirect needs a module that is not installed"},
        {"paths:\n  a: {source: \"srt://h:1\"}\n",
         "config.yml:2: paths.a.source: needs a source module for "
         "srt://, which is not installed (installed: cam, cams, slate, file, web)"},
        {"paths:\n  a: {source: \"admin:hunter2@10.0.0.1\"}\n",
         "config.yml:2: paths.a.source: expected a URL such as rtsp://192.0.2.1/stream"},
        {"paths:\n  a: {source: \"admin:hunter2@x://10.0.0.1\"}\n",
         "config.yml:2: paths.a.source: expected a URL such as rtsp://192.0.2.1/stream"},
        {"paths:\n  a: {source: \"cam://h\", sourceFingerprint: abc}\n",
         "config.yml:2: paths.a.sourceFingerprint: expected a SHA-256 fingerprint of 64 hexadecimal digits, "
         "got "
         "\"abc\""},
        {"paths:\n  a: {source: \"cam://h\", maxReaders: -1}\n",
         "config.yml:2: paths.a.maxReaders: expected an integer from 0 to 2147483647, got \"-1\""},
        {"paths:\n  a:\n    source: \"cam://h\"\n    substream: a\n",
         "config.yml:4: paths.a.substream: a path is not its own smaller stream"},
        {"paths:\n  a: {source: \"cam://h\", substream: b}\n",
         "config.yml:2: paths.a.substream: there is no path \"b\""},
        {"paths:\n  a: {source: \"web://h\"}\n", "config.yml:2: paths.a.webKey: is required"},
        {"paths:\n  a: {source: \"cam://h\", rec: yes}\n", "config.yml:2: paths.a.recPath: is required"},
        // names of paths
        {"paths:\n  \"a b\": {}\n",
         "config.yml:2: paths.a b: the name of a path may hold letters, digits and _ . / ~ - only"},
        {"paths:\n  \"ä\": {}\n",
         "config.yml:2: paths.ä: the name of a path may hold letters, digits and _ . / ~ - only"},
        {"paths:\n  \"\": {}\n", "config.yml:2: paths.: the name of a path cannot be empty"},
        {"paths:\n  /a: {}\n", "config.yml:2: paths./a: the name of a path cannot start or end with a slash"},
        {"paths:\n  a/: {}\n", "config.yml:2: paths.a/: the name of a path cannot start or end with a slash"},
        {"paths:\n  a//b: {}\n", "config.yml:2: paths.a//b: the name of a path cannot have the segment \"\""},
        {"paths:\n  a/../b: {}\n",
         "config.yml:2: paths.a/../b: the name of a path cannot have the segment \"..\""},
        {"paths:\n  .: {}\n", "config.yml:2: paths..: the name of a path cannot have the segment \".\""},
        {"pathDefaults: {sourceOnDemand: yes}\npaths:\n  ~^cam: {}\n",
         "config.yml:3: paths.~^cam.source: is required"},
        {"paths:\n  all_others: {source: \"cam://h\"}\n",
         "config.yml:2: paths.all_others.sourceOnDemand: must be yes for paths by a regular expression: what "
         "to "
         "pull is known when one is asked for"},
        {"paths:\n  \"~(\": {source: \"cam://h\", sourceOnDemand: yes}\n",
         "config.yml:2: paths.~(: the regular expression \"(\" is not valid at byte 1: missing closing "
         "parenthesis"},
        {"paths:\n  ~^(.*)$:\n    source: cam://$G1-$G2\n    sourceOnDemand: yes\n",
         "config.yml:3: paths.~^(.*)$.source: names $G2, and the expression has 1 groups"},
        {"pathDefaults: {source: \"cam://h\", sourceOnDemand: yes}\npaths:\n  all:\n  ~^.*$:\n",
         "config.yml:4: paths.~^.*$: means the same as \"all\""},
    });
    for (const Case& c : cases) {
        INFO(c.yaml);
        CHECK(problems(c.yaml) == std::vector<std::string>{std::string(c.message)});
    }
}

TEST_CASE("a name of 255 bytes is the longest") {
    CHECK(problems(fmt::format("paths:\n  {}: {{source: \"cam://h\"}}\n", std::string(255, 'a'))).empty());
    const auto longer =
        problems(fmt::format("paths:\n  {}: {{source: \"cam://h\"}}\n", std::string(256, 'a')));
    REQUIRE(longer.size() == 1);
    CHECK(longer[0].ends_with(": the name of a path is at most 255 bytes long"));
}

TEST_CASE("every problem is told, in the order of the file") {
    const auto all = problems(
        "paths:\n"
        "  b:\n"
        "    source: srt://h\n"
        "    maxReaders: x\n"
        "  a b: {}\n"
        "logLevel: loud\n"
        "oops: 1\n"
        "turnServers: [{prt: 1, port: x}, {}]\n");
    std::vector<std::string> places;
    for (const std::string& problem : all)
        places.push_back(problem.substr(0, problem.find(": ", 14)));
    CHECK(places ==
          std::vector<std::string>{"config.yml:3: paths.b.source", "config.yml:4: paths.b.maxReaders",
                                   "config.yml:5: paths.a b", "config.yml:6: logLevel", "config.yml:7: oops",
                                   "config.yml:8: turnServers[0].prt", "config.yml:8: turnServers[0].port",
                                   "config.yml:8: turnServers[1].url"});
}

TEST_CASE("endless problems end") {
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += fmt::format("unknown{}: 1\n", i);
    const auto all = problems(text);
    CHECK(all.size() == config::Problems::limit + 1);
    CHECK(all.back() == "4900 more problems are not listed");
}

TEST_CASE("a missing file is one problem") {
    const auto loaded = config::load_file("/nonexistent/rill.yml", test::fake_registry());
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].text() == "/nonexistent/rill.yml: cannot be read: No such file or directory");
}
