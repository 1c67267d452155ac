// Whatever the bytes: an answer, no crash, and problems that can be printed.
#include "catch.hpp"
#include "config/config.hpp"
#include "fake_modules.hpp"
#include "mutation.hpp"

using namespace rill;

namespace {

constexpr std::string_view seed = R"(# a comment
logLevel: info
readTimeout: 10s
httpAllowOrigins: [a, "b"]
hlsSegmentCount: 3
turnServers:
  - url: stun:x
    port: 1
  - {url: "turn:y", password: 'p'}
pathDefaults: &defaults
  sourceOnDemand: yes
  camTransport: tcp
paths:
  cam1: {source: "cam://u:p@h/1", hls: no}
  a/b:
    <<: *defaults
    source: cams://h
    gopCacheSize: 1M
  text:
    source: |
      cam://h
)";

constexpr std::string_view interesting = "\n\t :-?[]{},&*#!|>'\"%@`~<\\0\x01\x7f\x80\xff\xc2\xef\xbb\xbf";

}  // namespace

TEST_CASE("mutated configurations are loaded or refused") {
    REQUIRE(config::load(seed, "seed.yml", test::fake_registry()));
    test::Mutator mutator(interesting);
    unsigned loaded = 0;
    unsigned refused = 0;
    const unsigned count = test::mutations(50'000);
    for (unsigned number = 0; number < count; ++number) {
        const std::string text = mutator.mutated(seed);
        INFO("mutation " << number << ":\n" << text);
        const auto result = config::load(text, "x.yml", test::fake_registry());
        ++(result ? loaded : refused);
        REQUIRE(result.problems.size() <= config::Problems::limit + 1);
        for (const auto& problem : result.problems) {
            const std::string line = problem.text();
            if (line.find('\n') != std::string::npos || problem.message.empty()) FAIL(line);
        }
        if (result && !(result.config == result.config)) FAIL("not equal to itself");
    }
    // The mutations reach both sides; otherwise this would test nothing.
    CHECK(loaded > count / 60);
    CHECK(refused > count / 6);
}
