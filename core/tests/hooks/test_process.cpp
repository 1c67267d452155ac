#include "hooks/process.hpp"
#include "workshop.hpp"

#include <rill/fd.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;
using namespace std::chrono_literals;

namespace {

/// One process on the workshop's loop.
class Running {
  public:
    Running(Workshop& workshop, std::vector<std::string> arguments, const Environment& environment = {},
            std::chrono::milliseconds exit_limit = 10s)
        : workshop_(workshop) {
        workshop.on_loop([&] {
            const ProcessSettings settings{std::move(arguments), environment.for_child(),
                                           Log("path cam1").child("hook"), exit_limit};
            auto started = Process::start(workshop_.loop, workshop_.processes, settings,
                                          [this](int status) { status_ = status; });
            if (started) {
                process_ = std::move(*started);
            } else {
                error_ = started.error().message;
            }
        });
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        workshop_.on_loop([this] { process_.reset(); });
    }

    const std::string& error() const { return error_; }
    void end() {
        workshop_.on_loop([this] { process_->end(); });
    }
    /// How it ended; -1 when it did not.
    int status() {
        await([this] { return status_ != -1; });
        return status_;
    }

  private:
    Workshop& workshop_;
    std::unique_ptr<Process> process_;
    std::string error_;
    std::atomic<int> status_{-1};
};

/// Not when it is only to be collected by its parent.
bool is_running(const std::string& pid) {
    std::string stat;
    std::getline(std::ifstream("/proc/" + pid + "/stat"), stat);
    const std::size_t name_end = stat.rfind(") ");
    return name_end != std::string::npos && stat[name_end + 2] != 'Z';
}

}  // namespace

TEST_CASE("a command gets its variables, nothing to read, and no descriptor of ours") {
    Workshop workshop;
    const Fd inheritable(::open("/dev/null", O_RDONLY));  // NOLINT(android-cloexec-open)
    REQUIRE(inheritable);
    const auto script = workshop.folder.script("hook", R"(
printf %s "$MTX_PATH" >$FOLDER/path
cat >$FOLDER/input
ls /proc/self/fd >$FOLDER/descriptors
cut -d ' ' -f 5 /proc/$$/stat >$FOLDER/group
echo $$ >$FOLDER/pid
exit 3)");
    Environment environment;
    environment.set("MTX_PATH", "cam1");
    Running running(workshop, {script}, environment);
    CHECK(describe_status(running.status()) == "command exited with code 3");
    CHECK(workshop.folder.read("path") == "cam1");
    CHECK(workshop.folder.read("input").empty());
    CHECK(workshop.folder.read("descriptors") == "0\n1\n2\n3\n");  // 3 is the folder that ls reads
    CHECK(workshop.folder.read("group") == workshop.folder.read("pid"));
}

TEST_CASE("a command has the usual signals, whatever we ignore") {
    Workshop workshop;
    // main() ignores SIGPIPE. An ignored signal cannot be trapped, and this one is as deadly as it should be.
    Running running(workshop, {"/bin/sh", "-c", "kill -PIPE $$; exit 0"});
    CHECK(describe_status(running.status()) == "command was ended by signal 13");
}

TEST_CASE("what a command prints is logged, line by line") {
    Workshop workshop;
    Running running(workshop, {"/bin/sh", "-c", "echo one; echo two >&2; printf three"});
    CHECK(running.status() == 0);
    const std::string log = workshop.folder.read("log");
    for (const char* line :
         {"[path cam1] [hook] one\n", "[path cam1] [hook] two\n", "[path cam1] [hook] three\n"})
        CHECK(log.find(line) != std::string::npos);
}

TEST_CASE("a command that floods its output does not fill the log") {
    Workshop workshop;
    Running running(workshop, {"/bin/sh", "-c", "yes | head -c 300000; head -c 100000 /dev/zero"});
    CHECK(running.status() == 0);
    const std::string log = workshop.folder.read("log");
    CHECK(log.find("lines left out") != std::string::npos);
    CHECK(count_lines(log) <= 100u + 1 + 100);  // another interval may have begun
}

TEST_CASE("SIGINT reaches all that a command started") {
    Workshop workshop;
    workshop.folder.script("child", R"(
trap 'echo child >$FOLDER/child-ended; exit 0' INT
: >$FOLDER/ready
while :; do sleep 0.01; done)");
    const auto parent = workshop.folder.script("parent", R"(
trap 'echo parent >$FOLDER/parent-ended; exit 5' INT
$FOLDER/child)");
    Running running(workshop, {parent});
    REQUIRE(await([&] { return workshop.folder.has("ready"); }));
    running.end();
    running.end();
    CHECK(describe_status(running.status()) == "command exited with code 5");
    CHECK(workshop.folder.has("child-ended"));
    CHECK(workshop.folder.has("parent-ended"));
}

TEST_CASE("a command that ignores SIGINT is killed") {
    Workshop workshop;
    const auto script =
        workshop.folder.script("hook", "trap '' INT\n: >$FOLDER/ready\nwhile :; do sleep 0.01; done");
    Running running(workshop, {script}, {}, 50ms);
    REQUIRE(await([&] { return workshop.folder.has("ready"); }));
    running.end();
    CHECK(describe_status(running.status()) == "command was ended by signal 9");
    CHECK(workshop.folder.read("log").find("it is killed") != std::string::npos);
}

TEST_CASE("what outlives the shell that started it is waited for, and killed") {
    Workshop workshop;
    // A shell starts what is in the background with SIGINT ignored.
    const auto script =
        workshop.folder.script("hook", "sleep 600 &\necho $! >$FOLDER/pid\n: >$FOLDER/ready\nwait");
    Running running(workshop, {script}, {}, 100ms);
    REQUIRE(await([&] { return workshop.folder.has("ready"); }));
    const std::string pid = workshop.folder.read("pid").substr(0, workshop.folder.read("pid").find('\n'));
    CHECK(is_running(pid));
    running.end();
    CHECK(describe_status(running.status()) == "command was ended by signal 2");
    CHECK(await([&] { return !is_running(pid); }));
}

TEST_CASE("a command that leaves something in the background is over all the same") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", "sleep 600 &\necho $! >$FOLDER/pid");
    {
        Running running(workshop, {script});
        CHECK(running.status() == 0);
    }
    ::kill(std::stoi(workshop.folder.read("pid")), SIGKILL);
}

TEST_CASE("destruction ends a command without waiting for it") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", R"(
trap 'while [ ! -e $FOLDER/go ]; do sleep 0.01; done; : >$FOLDER/ended; exit' INT
: >$FOLDER/ready
while :; do sleep 0.01; done)");
    {
        Running running(workshop, {script}, {}, 1min);
        REQUIRE(await([&] { return workshop.folder.has("ready"); }));
    }
    CHECK_FALSE(workshop.folder.has("ended"));
    CHECK_FALSE(workshop.idle());
    workshop.folder.write("go", "");
    CHECK(await([&] { return workshop.idle(); }));
    CHECK(workshop.folder.has("ended"));
}

TEST_CASE("a command that cannot be started says why") {
    Workshop workshop;
    const auto error = [&](std::vector<std::string> arguments, const Environment& environment = {}) {
        return Running(workshop, std::move(arguments), environment).error();
    };
    CHECK(error({"rill-no-such-program"}).find("\"rill-no-such-program\" cannot be started: No such file") ==
          0);
    workshop.folder.write("plain", "echo");
    CHECK(error({workshop.folder.path("plain")}).find("make it executable") != std::string::npos);
    std::filesystem::permissions(workshop.folder.path("plain"), std::filesystem::perms::owner_all);
    CHECK(error({workshop.folder.path("plain")}).find("#!") != std::string::npos);
    CHECK(error({"/bin/true", std::string(200'000, 'x')}).find("too long") != std::string::npos);
    CHECK(error({"/bin/true"}).empty());
}

TEST_CASE("no more commands run at once than allowed") {
    Workshop workshop(1);
    {
        const Running first(workshop, {"/bin/sleep", "600"});
        CHECK(first.error().empty());
        const Running second(workshop, {"/bin/true"});
        CHECK(second.error().find("1 commands of hooks run already") == 0);
    }
    CHECK(await([&] { return workshop.idle(); }));
    const Running third(workshop, {"/bin/true"});
    CHECK(third.error().empty());
}

TEST_CASE("at shutdown a command may end by itself, then gets SIGINT, then SIGKILL") {
    Workshop workshop;
    SECTION("by itself") {
        Running running(workshop, {workshop.folder.script("hook", ": >$FOLDER/ended")});
        CHECK(workshop.processes.close(30s));
        CHECK(workshop.folder.has("ended"));
        CHECK(running.status() == 0);
    }
    SECTION("SIGINT") {
        Running running(workshop, {"/bin/sleep", "600"});
        static_cast<void>(workshop.processes.close(100ms));
        CHECK(describe_status(running.status()) == "command was ended by signal 2");
    }
    SECTION("SIGKILL, and none is started after it") {
        const auto script =
            workshop.folder.script("hook", "trap '' INT\n: >$FOLDER/ready\nwhile :; do sleep 0.01; done");
        Running running(workshop, {script});
        REQUIRE(await([&] { return workshop.folder.has("ready"); }));
        static_cast<void>(workshop.processes.close(50ms));
        CHECK(describe_status(running.status()) == "command was ended by signal 9");
        const Running late(workshop, {"/bin/true"});
        CHECK(late.error().find("the program is ending") != std::string::npos);
    }
}

TEST_CASE("shutdown on the thread that owns the commands sees their end") {
    Processes processes;
    const auto context = Ref<GMainContext>::adopt(g_main_context_new());
    Loop loop(context);
    int status = -1;
    g_main_context_push_thread_default(context.get());
    g_main_context_acquire(context.get());
    {
        const ProcessSettings settings{{"/bin/sh", "-c", "exit 4"}, Environment().for_child(), Log(), 1s};
        const auto process =
            Process::start(loop, processes, settings, [&](int how) { status = WEXITSTATUS(how); });
        REQUIRE(process);
        CHECK(processes.close(rill::test::patience()));
    }
    g_main_context_release(context.get());
    g_main_context_pop_thread_default(context.get());
    CHECK(status == 4);
}

TEST_CASE("a loop that goes before its command leaves nothing that could be called") {
    Processes processes;
    std::string called;
    {
        auto loop = std::make_unique<Loop>("short");
        std::promise<void> started;
        loop->post([&] {
            const ProcessSettings settings{{"/bin/sleep", "600"}, Environment().for_child(), Log(), 10s};
            const auto process = Process::start(*loop, processes, settings, [&](int) { called = "over"; });
            started.set_value();
        });
        started.get_future().wait();
    }
    CHECK(called.empty());
}
