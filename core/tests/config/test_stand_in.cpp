// alwaysAvailable: what is shown while a camera is away.
#include "catch.hpp"
#include "config/stand_in.hpp"
#include "fake_modules.hpp"

#include <fmt/format.h>

#include <fstream>

using namespace rill;
using namespace rill::config;
using rill::test::load_good;

namespace {

std::string url_of(std::string_view keys) {
    const Config config =
        load_good(fmt::format("paths: {{a: {{source: 'cam://a', alwaysAvailable: yes, {}}}}}", keys));
    return stand_in_url(config.paths.at("a").core);
}

std::vector<Problem> problems_of(std::string_view yaml) {
    return load(yaml, "config.yml", test::fake_registry(), {}).problems;
}

}  // namespace

TEST_CASE("the tracks of a stand-in become the URL of its source") {
    CHECK(url_of("alwaysAvailableTracks: [{codec: H264}]") == "slate://h264");
    CHECK(url_of("alwaysAvailableTracks: [{codec: H265}, {codec: Opus}]") == "slate://h265,opus");
    CHECK(url_of("alwaysAvailableTracks: [{codec: MPEG4Audio, sampleRate: 48000, channelCount: 2}]") ==
          "slate://aac/48000/2");
    CHECK(url_of("alwaysAvailableTracks: [{codec: G711, sampleRate: 8000, channelCount: 1, muLaw: yes}]") ==
          "slate://pcmu/8000/1");
    CHECK(url_of("alwaysAvailableTracks: [{codec: G711, sampleRate: 8000, channelCount: 1}]") ==
          "slate://pcma/8000/1");
    CHECK(url_of("alwaysAvailableFile: '/proc/../dev/null'") == "file:///proc/../dev/null");
    CHECK(url_of("alwaysAvailableFile: /dev/null") == "file:///dev/null");
}

TEST_CASE("a path without alwaysAvailable has none, whatever else is said") {
    const Config config = load_good("paths: {a: {source: 'cam://a', alwaysAvailableFile: /none}}");
    CHECK(stand_in_url(config.paths.at("a").core).empty());
    CHECK(config.paths.at("a").stand_in == nullptr);
    CHECK(load_good("paths: {a: {source: 'cam://a', alwaysAvailable: yes, alwaysAvailableFile: /dev/null}}")
              .paths.at("a")
              .stand_in != nullptr);
}

TEST_CASE("what cannot be shown is told with its key and line") {
    struct Wrong {
        std::string_view keys, key, text;
    };
    for (const Wrong& wrong : std::to_array<Wrong>({
             {"", "alwaysAvailable", "needs alwaysAvailableTracks or alwaysAvailableFile, one of them"},
             {"alwaysAvailableTracks: [{codec: H264}], alwaysAvailableFile: /dev/null", "alwaysAvailable",
              "one of them"},
             {"alwaysAvailableFile: /dev/null, sourceOnDemand: yes", "alwaysAvailable", "sourceOnDemand"},
             {"alwaysAvailableFile: /none/such.mp4", "alwaysAvailableFile", "No such file"},
             {"alwaysAvailableFile: /dev", "alwaysAvailableFile", "is a directory"},
             {"alwaysAvailableTracks: [{codec: VP9}]", "alwaysAvailableTracks[0].codec", "H264"},
             {"alwaysAvailableTracks: [{codec: H264, sampleRate: 8000}]", "alwaysAvailableTracks",
              "no sampleRate"},
             {"alwaysAvailableTracks: [{codec: G711}]", "alwaysAvailableTracks",
              "needs a sampleRate of 8000"},
             {"alwaysAvailableTracks: [{codec: MPEG4Audio, sampleRate: 8000, channelCount: 1}]",
              "alwaysAvailableTracks", "22050"},
             {"alwaysAvailableTracks: [{codec: H264}, {codec: H265}]", "alwaysAvailableTracks",
              "is the most"},
         })) {
        const auto problems =
            problems_of(fmt::format("paths:\n  a:\n    {{source: 'cam://a', alwaysAvailable: yes{}{}}}\n",
                                    wrong.keys.empty() ? "" : ", ", wrong.keys));
        INFO(wrong.keys);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].line == 3);
        CHECK(problems[0].key == fmt::format("paths.a.{}", wrong.key));
        CHECK(problems[0].message.find(wrong.text) != std::string::npos);
    }
}

TEST_CASE("paths by a regular expression have no stand-in") {
    const auto problems = problems_of(
        "paths: {~^x$: {source: 'cam://a', sourceOnDemand: yes, alwaysAvailable: yes, alwaysAvailableFile: "
        "/dev/null}}");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].message.find("regular expression") != std::string::npos);
}
