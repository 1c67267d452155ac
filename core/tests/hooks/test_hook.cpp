#include "hooks/event_command.hpp"
#include "hooks/hook.hpp"
#include "workshop.hpp"

#include <fmt/format.h>

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;
using namespace std::chrono_literals;

namespace {

CommandSettings command(const std::string& key, const std::string& text, bool restart = false) {
    return {key, command_line(text), restart};
}

Environment with_path(const std::string& path) {
    Environment environment;
    environment.set("MTX_PATH", path);
    return environment;
}

/// A hook whose commands write into the file "events" what they do, and end on SIGINT.
struct Recorded {
    explicit Recorded(Workshop& workshop, const Timing& timing = {}) : workshop(workshop) {
        const auto begin = workshop.folder.script("begin", R"(
trap 'echo ended $MTX_PATH >>$FOLDER/events; exit' INT
echo begun $MTX_PATH >>$FOLDER/events
while :; do sleep 0.01; done)");
        const auto end = workshop.folder.script("end", "echo closed $MTX_PATH >>$FOLDER/events");
        pair = {command("runOnReady", begin), command("runOnNotReady", end)};
        workshop.on_loop([&] { hook = std::make_unique<Hook>(workshop.site(timing), pair); });
    }
    Recorded(const Recorded&) = delete;
    Recorded& operator=(const Recorded&) = delete;
    ~Recorded() { destroy(); }

    void begin(const std::string& path) {
        workshop.on_loop([&] { hook->begin(with_path(path)); });
    }
    void end() {
        workshop.on_loop([&] { hook->end(); });
    }
    void change(const Pair& to) {
        workshop.on_loop([&] { hook->change(to); });
    }
    void destroy() {
        workshop.on_loop([&] { hook.reset(); });
    }
    bool happened(const std::string& events) const {
        return await([&] { return workshop.folder.read("events") == events; });
    }

    Workshop& workshop;
    Pair pair;
    std::unique_ptr<Hook> hook;
};

}  // namespace

TEST_CASE("the end command runs when the begin command has ended") {
    Workshop workshop;
    Recorded recorded(workshop);
    recorded.end();
    recorded.begin("cam1");
    REQUIRE(recorded.happened("begun cam1\n"));
    recorded.end();
    recorded.end();
    CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\n"));
    REQUIRE(await([&] { return workshop.idle(); }));
    const std::string log = workshop.folder.read("log");
    for (const char* text :
         {"[path cam1] runOnReady command started", "[path cam1] runOnReady command stopped",
          "[path cam1] runOnNotReady command launched",
          "[path cam1] runOnNotReady command exited with code 0"})
        CHECK(log.find(text) != std::string::npos);
}

TEST_CASE("a begin that comes early waits for the end command before it") {
    Workshop workshop;
    Recorded recorded(workshop);
    recorded.begin("cam1");
    REQUIRE(recorded.happened("begun cam1\n"));
    workshop.on_loop([&] {
        recorded.hook->end();
        recorded.hook->begin(with_path("skipped"));
        recorded.hook->end();
        recorded.hook->begin(with_path("cam2"));
        recorded.hook->begin(with_path("cam3"));
    });
    CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\nbegun cam3\n"));
    CHECK(workshop.folder.read("log").find("runOnReady skipped") != std::string::npos);
    recorded.destroy();
    CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\nbegun cam3\nended cam3\nclosed cam3\n"));
}

TEST_CASE("other commands begin when those of before have ended, with what is the case") {
    Workshop workshop;
    Recorded recorded(workshop);
    const Pair other{
        command("begin", workshop.folder.script("other", "echo other $MTX_PATH >>$FOLDER/events")),
        command("end", workshop.folder.script("gone", "echo gone $MTX_PATH >>$FOLDER/events"))};
    recorded.begin("cam1");
    REQUIRE(recorded.happened("begun cam1\n"));
    SECTION("while something is the case") {
        recorded.change(other);
        REQUIRE(recorded.happened("begun cam1\nended cam1\nclosed cam1\nother cam1\n"));
        recorded.end();
        CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\nother cam1\ngone cam1\n"));
    }
    SECTION("while it ends, or waits to begin") {
        workshop.on_loop([&] {
            recorded.hook->end();
            recorded.hook->change({});
            recorded.hook->begin(with_path("cam2"));
            recorded.hook->change(other);
        });
        CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\nother cam2\n"));
    }
    SECTION("none") {
        recorded.change({});
        REQUIRE(recorded.happened("begun cam1\nended cam1\nclosed cam1\n"));
        recorded.change(other);
        CHECK(recorded.happened("begun cam1\nended cam1\nclosed cam1\nother cam1\n"));
    }
}

TEST_CASE("a begin command goes on when only the end command changes") {
    Workshop workshop;
    Recorded recorded(workshop);
    recorded.begin("cam1");
    REQUIRE(recorded.happened("begun cam1\n"));
    recorded.change({recorded.pair.begin,
                     command("end", workshop.folder.script("gone", "echo gone $MTX_PATH >>$FOLDER/events"))});
    recorded.end();
    CHECK(recorded.happened("begun cam1\nended cam1\ngone cam1\n"));
}

TEST_CASE("an end command that hangs holds nothing up, and does not become many") {
    Workshop workshop;
    const auto end = workshop.folder.script("end", "echo closed >>$FOLDER/events\nexec sleep 600");
    auto hook = workshop.on_loop([&] {
        return std::make_unique<Hook>(workshop.site({.end_command_limit = 0ms}),
                                      Pair{.end = command("runOnUnread", end)});
    });
    for (const char* events : {"closed\n", "closed\nclosed\n", "closed\nclosed\nclosed\n"}) {
        workshop.on_loop([&] {
            hook->begin({});
            hook->end();
        });
        REQUIRE(await([&] { return workshop.folder.read("events") == events; }));
    }
    CHECK(await([&] { return workshop.processes.roll()->size() == 1; }));
    CHECK(workshop.folder.read("log").find("runOnUnread command still runs") != std::string::npos);
    workshop.on_loop([&] { hook.reset(); });
    workshop.processes.roll()->signal(SIGINT);
}

TEST_CASE("a hook may have one command only, and a command may exit by itself") {
    Workshop workshop;
    const auto once = workshop.folder.script("once", "echo once >>$FOLDER/events");
    const auto end = workshop.folder.script("end", "echo closed >>$FOLDER/events");
    SECTION("begin only") {
        auto hook = workshop.on_loop([&] {
            return std::make_shared<Hook>(workshop.site(), Pair{.begin = command("runOnDemand", once)});
        });
        workshop.on_loop([&] { hook->begin({}); });
        CHECK(await([&] { return workshop.idle() && workshop.folder.has("events"); }));
        workshop.on_loop([&] {
            hook->end();
            hook->begin({});
        });
        CHECK(await([&] { return workshop.folder.read("events") == "once\nonce\n"; }));
        workshop.on_loop([&] { hook.reset(); });
    }
    SECTION("both") {
        auto hook = workshop.on_loop([&] {
            return std::make_shared<Hook>(workshop.site(), Pair{command("a", once), command("b", end)});
        });
        workshop.on_loop([&] { hook->begin({}); });
        CHECK(await([&] { return workshop.idle() && workshop.folder.has("events"); }));
        CHECK(workshop.folder.read("events") == "once\n");
        workshop.on_loop([&] { hook->end(); });
        CHECK(await([&] { return workshop.folder.read("events") == "once\nclosed\n"; }));
        workshop.on_loop([&] { hook.reset(); });
    }
    SECTION("a begin command that cannot be started") {
        auto hook = workshop.on_loop([&] {
            return std::make_shared<Hook>(workshop.site(),
                                          Pair{command("a", "/no/such/program"), command("b", end)});
        });
        workshop.on_loop([&] {
            hook->begin({});
            hook->end();
        });
        CHECK(await([&] { return workshop.folder.read("events") == "closed\n"; }));
        CHECK(workshop.folder.read("log").find("a command not started: \"/no/such/program\"") !=
              std::string::npos);
        workshop.on_loop([&] { hook.reset(); });
    }
}

TEST_CASE("a command that is to restart runs again until it is ended") {
    CHECK(Timing().restart_pause == 5s);
    Workshop workshop;
    const auto script = workshop.folder.script("hook", "echo run >>$FOLDER/events\nexit 1");
    const bool program_exists = GENERATE(true, false);
    auto hook = workshop.on_loop([&] {
        return std::make_shared<Hook>(
            workshop.site({.restart_pause = 10ms}),
            Pair{.begin =
                     command("runOnInit", program_exists ? script : workshop.folder.path("absent"), true)});
    });
    workshop.on_loop([&] { hook->begin({}); });
    const auto runs = [&] {
        const std::string log = workshop.folder.read("log");
        const std::string ended =
            program_exists ? "runOnInit command exited with code 1" : "runOnInit command not started";
        std::size_t count = 0;
        for (auto at = log.find(ended); at != std::string::npos; at = log.find(ended, at + 1))
            ++count;
        return count;
    };
    CHECK(await([&] { return runs() >= 3; }));
    workshop.on_loop([&] { hook->end(); });
    REQUIRE(await([&] { return workshop.idle(); }));
    const std::string log = workshop.folder.read("log");
    // A restart that was still due would be before this timer.
    std::promise<void> later;
    Timer timer;
    workshop.on_loop([&] { timer = workshop.loop.after(50ms, [&] { later.set_value(); }); });
    later.get_future().wait();
    CHECK(workshop.folder.read("log") == log);
    workshop.on_loop([&] { hook.reset(); });
}

TEST_CASE("a command that is to restart does not run again when it was ended") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", R"(
trap exit INT
echo begun >>$FOLDER/events
while :; do sleep 0.01; done)");
    bool over = false;
    const auto running = workshop.on_loop([&] {
        return Command::start(workshop.site({.restart_pause = 0ms}), command("runOnInit", script, true), {},
                              [&] { over = true; });
    });
    REQUIRE(await([&] { return workshop.folder.has("events"); }));
    workshop.on_loop([&] { running->end(); });
    REQUIRE(await([&] { return workshop.idle(); }));
    CHECK(workshop.on_loop([&] { return over && running->is_over(); }));
    CHECK(workshop.folder.read("events") == "begun\n");
}

TEST_CASE("events run a bounded number of commands at once, and the others wait or are dropped") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", R"(
echo start $MTX_SEGMENT_PATH >>$FOLDER/started
while [ ! -e $FOLDER/go ]; do sleep 0.01; done
echo $MTX_SEGMENT_PATH >>$FOLDER/done)");
    auto events = workshop.on_loop([&] {
        return std::make_unique<EventCommand>(workshop.site(), command("runOnRecordSegmentComplete", script),
                                              EventCommand::Limits{2, 3});
    });
    workshop.on_loop([&] {
        for (int i = 1; i <= 7; ++i) {
            Environment environment;
            environment.set("MTX_SEGMENT_PATH", fmt::format("{}.mp4", i));
            events->run(environment);
        }
    });
    const auto counters = workshop.on_loop([&] { return events->counters(); });
    CHECK(counters.running == 2);
    CHECK(counters.waiting == 3);
    CHECK(counters.started == 2);
    CHECK(counters.dropped == 2);
    REQUIRE(await([&] { return count_lines(workshop.folder.read("started")) == 2; }));
    const std::string log = workshop.folder.read("log");
    CHECK(log.find("runOnRecordSegmentComplete command dropped: 2 run and 3 wait") ==
          log.rfind("runOnRecordSegmentComplete command dropped"));

    // What waits outlives the one who asked for it.
    workshop.on_loop([&] { events.reset(); });
    workshop.folder.write("go", "");
    CHECK(await([&] { return count_lines(workshop.folder.read("done")) == 5; }));
    for (const char* name : {"1.mp4\n", "2.mp4\n", "3.mp4\n", "4.mp4\n", "5.mp4\n"})
        CHECK(workshop.folder.read("done").find(name) != std::string::npos);
}
