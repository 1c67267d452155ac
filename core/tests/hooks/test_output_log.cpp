#include "hooks/output_log.hpp"
#include "workshop.hpp"

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;
using namespace std::chrono_literals;

namespace {

/// What was logged, without time and level.
struct Lines : Workshop {
    std::vector<std::string> all() const {
        std::vector<std::string> out;
        std::ifstream stream(folder.path("log"));
        for (std::string line; std::getline(stream, line);)
            out.push_back(line.substr(std::min(line.size(), std::string("2026/01/08 10:00:01 INF ").size())));
        return out;
    }
};

}  // namespace

TEST_CASE("bytes become lines, wherever they are cut") {
    Lines lines;
    const FakeClock clock;
    OutputLog log(Log("x"), clock);
    LineCutter cutter(log);
    for (const char* part :
         {"on", "e\ntwo\r", "\n\n", "frame 1\rframe 2\r", "rtsp://u:pw@h/ \x1b[2J\n", "last"})
        cutter.take(part);
    cutter.end();
    cutter.end();
    CHECK(lines.all() == std::vector<std::string>{"[x] one", "[x] two", "[x] frame 1", "[x] frame 2",
                                                  "[x] rtsp://***@h/ \\x1b[2J", "[x] last"});
}

TEST_CASE("a long line is cut, and the next one is whole") {
    Lines lines;
    const FakeClock clock;
    OutputLog log(Log("x"), clock);
    LineCutter cutter(log);
    cutter.take(std::string(600, 'a'));
    cutter.take(std::string(1'000'000, 'a'));
    cutter.take("\nshort\n" + std::string(1024, 'b') + "\n");
    CHECK(lines.all() == std::vector<std::string>{"[x] " + std::string(1024, 'a') + "…", "[x] short",
                                                  "[x] " + std::string(1024, 'b')});
}

TEST_CASE("a command that logs too much is heard again in the next interval") {
    Lines lines;
    FakeClock clock;
    OutputLog log(Log("x"), clock);
    for (int i = 0; i < 103; ++i)
        log.line("a");
    CHECK(lines.all().size() == 100);
    clock.advance(10s - 1ns);
    log.line("b");
    CHECK(lines.all().size() == 100);
    clock.advance(1ns);
    log.line("c");
    REQUIRE(lines.all().size() == 102);
    CHECK(lines.all()[100].find("4 lines left out") != std::string::npos);
    CHECK(lines.all()[101] == "[x] c");
    log.end();
    CHECK(lines.all().size() == 102);
}
