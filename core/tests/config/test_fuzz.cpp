// Whatever the bytes: an answer, no crash, and problems that can be printed.
#include "catch.hpp"
#include "config/config.hpp"
#include "fake_modules.hpp"

#include <random>

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

std::string mutated(std::mt19937& random) {
    constexpr std::string_view interesting = "\n\t :-?[]{},&*#!|>'\"%@`~<\\0\x01\x7f\x80\xff\xc2\xef\xbb\xbf";
    std::string text(seed);
    const auto pick = [&](std::size_t below) { return random() % std::max<std::size_t>(below, 1); };
    for (std::size_t n = 1 + pick(8); n > 0; --n) {
        const std::size_t at = pick(text.size());
        switch (pick(6)) {
            case 0:
                text.insert(at, 1, interesting[pick(interesting.size())]);
                break;
            case 1:
                text.erase(at, 1 + pick(20));
                break;
            case 2:
                if (!text.empty()) text[at] = static_cast<char>(random());
                break;
            case 3:
                text.insert(at, text.substr(pick(text.size()), pick(60)));
                break;
            case 4:
                text.resize(at);
                break;
            default:
                text.insert(at, std::string(pick(200), interesting[pick(interesting.size())]));
        }
    }
    return text;
}

}  // namespace

TEST_CASE("mutated configurations are loaded or refused") {
    REQUIRE(config::load(seed, "seed.yml", test::fake_registry()));
    std::mt19937 random(20'260'801);  // the same on every run and every machine
    unsigned loaded = 0;
    unsigned refused = 0;
    for (int i = 0; i < 6000; ++i) {
        const std::string text = mutated(random);
        const auto result = config::load(text, "x.yml", test::fake_registry());
        ++(result ? loaded : refused);
        REQUIRE(result.problems.size() <= config::Problems::limit + 1);
        for (const auto& problem : result.problems) {
            const std::string line = problem.text();
            if (line.find('\n') != std::string::npos || problem.message.empty()) FAIL(line);
        }
        if (result && !(result.config == result.config)) FAIL(text);
    }
    // The mutations reach both sides; otherwise this would test nothing.
    CHECK(loaded > 100);
    CHECK(refused > 1000);
}
