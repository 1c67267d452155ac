// Which commands run when something happens to a path, and with which variables.
#include "hooks/hooks.hpp"
#include "workshop.hpp"

#include <map>
#include <memory>
#include <utility>

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;

namespace {

/// The hooks of one path, on the workshop's loop.
class Hooked {
  public:
    explicit Hooked(Workshop& workshop, std::string name = "cam1")
        : workshop_(workshop), name_(std::move(name)) {
        workshop_.on_loop([this] {
            events_ = std::make_unique<Events>(workshop_.loop);
            hooks_ = std::make_unique<Hooks>(workshop_.loop, *events_);
        });
    }
    Hooked(const Hooked&) = delete;
    Hooked& operator=(const Hooked&) = delete;
    ~Hooked() {
        workshop_.on_loop([this] {
            CHECK(hooks_->close(rill::test::patience()));
            hooks_.reset();
            events_->close();
        });
    }

    using Commands = std::map<std::string, std::string>;  ///< by key
    void put(const Commands& commands, const std::vector<std::string>& groups = {}) {
        workshop_.on_loop([&] { hooks_->put_path({name_, groups}, options(commands)); });
    }
    /// Of a path that goes on, and is as `now` says.
    void change(const Commands& commands, const Hooks::Status& now) {
        workshop_.on_loop([&] { hooks_->change_path({name_, {}, "record"}, options(commands), now); });
    }
    void change(const Commands& commands, const PathStatus& now = {}) {
        change(commands, [&now] { return std::make_shared<PathStatus>(now); });
    }
    void remove() {
        workshop_.on_loop([this] { hooks_->remove_path(name_); });
    }
    void tell(rill::Event event) {
        event.path = name_;
        workshop_.on_loop([&] { events_->tell(std::move(event)); });
        workshop_.on_loop([] {});  // it is delivered by a post
    }
    bool observed() {
        return workshop_.on_loop([this] { return events_->observed(); });
    }
    Events& events() { return *events_; }

  private:
    static Options options(const Commands& commands) {
        Options options = Options::defaults(path_hook_options());
        for (const auto& [key, command] : commands)
            options.set(key, command);
        return options;
    }

    Workshop& workshop_;
    const std::string name_;
    std::unique_ptr<Events> events_;
    std::unique_ptr<Hooks> hooks_;
};

/// A program that adds a line to the file `seen` when it begins, one when it is told to end, and stays.
std::string staying(const Workshop& workshop, const std::string& name) {
    return workshop.folder.script(name, "trap 'echo " + name + " ended >>$FOLDER/seen; exit' INT\necho " +
                                            name + " \"$@\" >>$FOLDER/seen\nwhile :; do sleep 0.02; done");
}

bool await_seen(const Workshop& workshop, const std::string& text) {
    const bool seen = await([&] { return workshop.folder.read("seen") == text; });
    if (!seen) UNSCOPED_INFO("seen: " << workshop.folder.read("seen"));
    return seen;
}

}  // namespace

TEST_CASE("groups of a path's name are arguments and variables") {
    Workshop workshop;
    Hooked path(workshop, "site/north/7");
    const auto script = workshop.folder.script("hook",
                                               "echo \"$#:$*:$MTX_PATH:$G1:$G2:$RILL_G2:${G3-none}\" "
                                               ">$FOLDER/hook.out && mv $FOLDER/hook.out $FOLDER/seen");
    path.put({{"runOnInit", script + " $G1 cam${G2}0 $G3"}}, {"north", "7"});
    CHECK(await_seen(workshop, "3:north cam70 :site/north/7:north:7:7:none\n"));
}

TEST_CASE("a hostile group stays one argument, and is never a command") {
    Workshop workshop;
    const auto script = workshop.folder.script(
        "hook", "printf '%s %s' $# \"$1\" >$FOLDER/hook.out && mv $FOLDER/hook.out $FOLDER/seen");
    const std::string trap = workshop.folder.path("trap");
    const std::string shown = workshop.folder.path("shown");
    const std::string done = workshop.folder.path("done");
    const std::vector<std::string> values{
        "$(touch " + trap + ")", "'; touch " + trap + "; '", "x y  z", "-c", "~",
        "$G2 ${MTX_PATH}",       "\"`touch " + trap + "`\""};
    for (const std::string& value : values) {
        INFO(value);
        Hooked path(workshop);
        path.put({{"runOnInit", script + " $G1"}}, {value});
        CHECK(await_seen(workshop, "1 " + value));
        path.put({{"runOnInit", "sh -c 'printf %s \"$G1\" >" + shown + "'"}}, {value});
        CHECK(await([&] { return workshop.folder.read("shown") == value; }));
        path.put({{"runOnInit", "env sh -c \"echo $G1 '$G1'; : >" + done + "\""}}, {value});
        CHECK(await([&] { return std::filesystem::remove(done); }));
    }
    CHECK_FALSE(workshop.folder.has("trap"));
}

TEST_CASE("hooks that come to a path that runs begin with what is the case, once") {
    Workshop workshop;
    Hooked path(workshop);
    // One that began twice would have been told to end in between.
    const auto is_stopped = [&](const std::string& key) {
        return workshop.folder.read("log").find(key + " command stopped") != std::string::npos;
    };
    PathStatus now;
    now.state = PathState::online;
    now.available_since_us = 1;
    now.source_type = "rtsp";
    now.readers.push_back(
        {.id = "1", .type = "webrtc", .remote = "", .user_agent = "", .session = "webRTCSession"});
    path.change({{"runOnAvailable", staying(workshop, "up") + " $MTX_SOURCE_TYPE"}}, now);
    REQUIRE(await_seen(workshop, "up rtspSource\n"));
    // It was told before, and is delivered now.
    path.tell({.kind = EventKind::path_online, .type = "rtspSource"});
    CHECK_FALSE(is_stopped("runOnAvailable"));
    path.tell({.kind = EventKind::path_offline});
    CHECK(is_stopped("runOnAvailable"));
    REQUIRE(await_seen(workshop, "up rtspSource\nup ended\n"));

    // Of what is the case already, other commands are told at once.
    path.change({{"runOnRead", staying(workshop, "read") + " $MTX_READER_TYPE $MTX_READER_ID"}});
    REQUIRE(await_seen(workshop, "up rtspSource\nup ended\nread webRTCSession 1\n"));
    path.tell({.kind = EventKind::reader_added, .type = "webRTCSession", .id = "1"});
    CHECK_FALSE(is_stopped("runOnRead"));
    path.tell({.kind = EventKind::reader_removed, .id = "1"});
    CHECK(is_stopped("runOnRead"));
    CHECK(await_seen(workshop, "up rtspSource\nup ended\nread webRTCSession 1\nread ended\n"));
}

TEST_CASE("what is told while the first hooks of all come arrives") {
    Workshop workshop;
    Hooked path(workshop);
    path.change({{"runOnOnline", staying(workshop, "up")}}, [&path] {
        // It was taken, and then the path came online.
        path.events().tell({.kind = EventKind::path_online, .path = "cam1"});
        return std::make_shared<PathStatus>();
    });
    CHECK(await_seen(workshop, "up\n"));
}

TEST_CASE("hooks that change wait for those of before, and those that stay go on") {
    Workshop workshop;
    Hooked path(workshop);
    const auto down = workshop.folder.script("down", "sleep 0.05; echo down >>$FOLDER/seen");
    path.put({{"runOnInit", staying(workshop, "init")}});
    REQUIRE(await_seen(workshop, "init\n"));
    path.tell({.kind = EventKind::path_online});
    path.change({{"runOnInit", staying(workshop, "init")},
                 {"runOnOnline", staying(workshop, "up")},
                 {"runOnOffline", down}});
    REQUIRE(await_seen(workshop, "init\nup\n"));
    SECTION("hooks only") {
        path.change({{"runOnInit", staying(workshop, "init")},
                     {"runOnOnline", staying(workshop, "other")},
                     {"runOnOffline", down}});
        CHECK(await_seen(workshop, "init\nup\nup ended\ndown\nother\n"));
    }
    SECTION("no hooks") {
        path.change({{"runOnInit", staying(workshop, "init")}});
        REQUIRE(await_seen(workshop, "init\nup\nup ended\ndown\n"));
        path.change({});
        CHECK(await_seen(workshop, "init\nup\nup ended\ndown\ninit ended\n"));
        CHECK_FALSE(path.observed());
    }
}

TEST_CASE("a path that takes the place of another begins its hooks when those of before have ended") {
    Workshop workshop;
    Hooked path(workshop);
    path.put({{"runOnInit", staying(workshop, "init")}});
    REQUIRE(await_seen(workshop, "init\n"));
    path.put({{"runOnInit", staying(workshop, "other")}});
    CHECK(await_seen(workshop, "init\ninit ended\nother\n"));
}

TEST_CASE("the last file of a recording that ran before the hooks came is told, also of a path that goes") {
    Workshop workshop;
    Hooked path(workshop);
    const auto complete = workshop.folder.script("complete", "echo complete $1 >>$FOLDER/seen");
    PathStatus now;
    now.sinks.push_back({.id = "record", .running = true, .reason = ""});
    path.change({{"runOnRecordSegmentComplete", complete + " $MTX_SEGMENT_PATH"}}, now);
    path.remove();
    path.tell({.kind = EventKind::path_stopped});
    path.tell({.kind = EventKind::segment_complete, .file = "last"});
    CHECK(await_seen(workshop, "complete last\n"));
    path.tell({.kind = EventKind::recording_ended});
    CHECK_FALSE(path.observed());
}

TEST_CASE("a path that goes ends what it runs when it tells its end") {
    Workshop workshop;
    Hooked path(workshop);
    const auto complete = workshop.folder.script("complete", "echo complete $1 >>$FOLDER/seen");
    path.put({{"runOnInit", staying(workshop, "init")},
              {"runOnRecordSegmentComplete", complete + " $MTX_SEGMENT_PATH"}});
    REQUIRE(await_seen(workshop, "init\n"));
    path.tell({.kind = EventKind::path_online});
    path.tell({.kind = EventKind::recording_begun});
    path.remove();
    REQUIRE(await_seen(workshop, "init\ninit ended\n"));
    path.tell({.kind = EventKind::path_stopped});
    REQUIRE(path.observed());
    path.tell({.kind = EventKind::segment_complete, .file = "last"});
    CHECK(await_seen(workshop, "init\ninit ended\ncomplete last\n"));
    path.tell({.kind = EventKind::recording_ended});
    CHECK_FALSE(path.observed());
}

TEST_CASE("a path that goes while it stands still is forgotten at once") {
    Workshop workshop;
    Hooked path(workshop);
    path.put({{"runOnRead", "true"}});
    CHECK(path.observed());
    path.remove();
    CHECK_FALSE(path.observed());
}
