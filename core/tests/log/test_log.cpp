#include "catch.hpp"
#include "log/destinations.hpp"
#include "log/line.hpp"
#include "log/output.hpp"

#include <rill/log.hpp>
#include <rill/ref.hpp>

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace rill;
namespace fs = std::filesystem;

namespace {

/// Logs into a file of its own while it lives; then to standard output again.
class LogFile {
  public:
    explicit LogFile(LogLevel level, bool structured = false) {
        REQUIRE(::mkdtemp(directory_.data()) != nullptr);
        REQUIRE(configure_logging({level, structured, path()}));
    }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;
    ~LogFile() {
        static_cast<void>(configure_logging({}));
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }

    std::string path() const { return directory_ + "/log"; }
    /// The lines without their time.
    std::vector<std::string> lines() const {
        std::vector<std::string> result;
        std::ifstream stream(path());
        for (std::string line; std::getline(stream, line);) {
            result.push_back(line.size() > 20 ? line.substr(20) : line);
        }
        return result;
    }

  private:
    std::string directory_ = "/tmp/rill-log-XXXXXX";
};

/// Puts a pipe in the place of standard output while it lives.
class StdoutPipe {
  public:
    StdoutPipe() {
        REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
        saved_ = ::dup(STDOUT_FILENO);
        ::dup2(ends_[1], STDOUT_FILENO);
        ::close(ends_[1]);
        REQUIRE(configure_logging({}));
    }
    StdoutPipe(const StdoutPipe&) = delete;
    StdoutPipe& operator=(const StdoutPipe&) = delete;
    ~StdoutPipe() {
        ::dup2(saved_, STDOUT_FILENO);
        ::close(saved_);
        close_reader();
    }

    void close_reader() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }

    /// What is in the pipe now.
    std::string drain() {
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        std::string result;
        std::array<char, 65536> block;
        for (ssize_t n = 0; (n = ::read(ends_[0], block.data(), block.size())) > 0;) {
            result.append(block.data(), static_cast<std::size_t>(n));
        }
        return result;
    }

  private:
    std::array<int, 2> ends_ = {};
    int saved_ = -1;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a line has its level, its scopes and its text") {
    const LogFile file(LogLevel::info);
    const Log log = Log("path cam1").child("RTSP source");
    log.error("failed: {}", "x");
    log.warning("slow");
    log.info("started {}", 1);
    log.debug("not shown");
    Log().info("plain");
    CHECK(file.lines() == Lines{"ERR [path cam1] [RTSP source] failed: x",
                                "WAR [path cam1] [RTSP source] slow",
                                "INF [path cam1] [RTSP source] started 1", "INF plain"});
}

TEST_CASE("the level can change at any time") {
    const LogFile file(LogLevel::error);
    Log().warning("no");
    REQUIRE(configure_logging({LogLevel::debug, false, file.path()}));
    Log().debug("yes");
    CHECK(file.lines() == Lines{"DEB yes"});
}

TEST_CASE("lines of many threads stay whole") {
    const LogFile file(LogLevel::info);
    constexpr std::size_t threads = 8;
    constexpr std::size_t each = 500;
    std::vector<std::thread> writers;
    writers.reserve(threads);
    for (std::size_t t = 0; t < threads; ++t) {
        writers.emplace_back([t] {
            const Log log(fmt::format("thread {}", t));
            for (std::size_t i = 0; i < each; ++i)
                log.info("{} {}", i, std::string(200, static_cast<char>('a' + t)));
        });
    }
    for (std::thread& writer : writers)
        writer.join();
    const Lines lines = file.lines();
    CHECK(lines.size() == threads * each);
    std::set<std::string> wanted;
    for (std::size_t t = 0; t < threads; ++t) {
        for (std::size_t i = 0; i < each; ++i) {
            wanted.insert(
                fmt::format("INF [thread {}] {} {}", t, i, std::string(200, static_cast<char>('a' + t))));
        }
    }
    CHECK(std::set<std::string>(lines.begin(), lines.end()) == wanted);
}

TEST_CASE("GLib's messages become lines") {
    const LogFile file(LogLevel::info);
    g_log("Some-Lib", G_LOG_LEVEL_WARNING, "odd: %d", 1);
    g_log("Some-Lib", G_LOG_LEVEL_CRITICAL, "two\nlines");
    g_log(nullptr, G_LOG_LEVEL_MESSAGE, "told");
    g_log("Some-Lib", G_LOG_LEVEL_DEBUG, "not asked for");
    g_object_unref(nullptr);
    CHECK(file.lines() ==
          Lines{"WAR [Some-Lib] odd: 1", "ERR [Some-Lib] two\\nlines", "INF [GLib] told",
                "ERR [GLib-GObject] g_object_unref: assertion 'G_IS_OBJECT (object)' failed"});
}

TEST_CASE("what GStreamer says without a fault is no error") {
    const LogFile file(LogLevel::info);
    const auto event = Ref<GstEvent>::adopt(gst_event_new_eos());
    gst_event_set_seqnum(event.get(), GST_SEQNUM_INVALID);
    gst_event_set_group_id(event.get(), 1);
    REQUIRE(file.lines().size() == 1);
    CHECK(file.lines().front().find("gst_event_set_group_id") != std::string::npos);
}

TEST_CASE("unasked warnings of libraries obey the level") {
    const LogFile file(LogLevel::error);
    g_log("Some-Lib", G_LOG_LEVEL_WARNING, "odd");
    g_log("Some-Lib", G_LOG_LEVEL_CRITICAL, "bad");
    CHECK(file.lines() == Lines{"ERR [Some-Lib] bad"});
}

TEST_CASE("GStreamer's messages become lines") {
    const LogFile file(LogLevel::info);
    gst_init(nullptr, nullptr);
    GstDebugCategory* category = nullptr;
    GST_DEBUG_CATEGORY_INIT(category, "rilltest", 0, "for this test");
    gst_debug_category_set_threshold(category, GST_LEVEL_DEBUG);
    const auto bin = Ref<GstElement>::sink(gst_bin_new("here"));
    GST_CAT_WARNING(category, "from rtsp://u:p@h.x");
    GST_CAT_ERROR_OBJECT(category, bin.get(), "broken %d", 7);
    GST_CAT_DEBUG(category, "asked for");
    GST_CAT_LOG(category, "not asked for");
    CHECK(file.lines() == Lines{"WAR [rilltest] from rtsp://***@h.x", "ERR [rilltest here] broken 7",
                                "DEB [rilltest] asked for"});
}

TEST_CASE("the file is appended to, and private") {
    const LogFile file(LogLevel::info);
    Log().info("one");
    REQUIRE(configure_logging({LogLevel::info, false, file.path()}));
    Log().info("two");
    CHECK(file.lines() == Lines{"INF one", "INF two"});
    struct stat status = {};
    REQUIRE(::stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 07) == 0);
}

TEST_CASE("a file that was moved away is made again") {
    const LogFile file(LogLevel::info);
    Log().info("one");
    fs::rename(file.path(), file.path() + ".1");
    Log().info("still there");
    REQUIRE(configure_logging({LogLevel::info, false, file.path()}));
    Log().info("two");
    CHECK(file.lines() == Lines{"INF two"});
}

TEST_CASE("the log goes to several places") {
    const LogFile file(LogLevel::info);
    StdoutPipe pipe;
    REQUIRE(configure_logging(LogLevel::info, false, {.standard_output = true, .file = file.path()}));
    Log().info("both");
    CHECK(pipe.drain().ends_with(" INF both\n"));
    CHECK(file.lines() == Lines{"INF both"});
    REQUIRE(configure_logging(LogLevel::info, false, {.standard_output = false}));
    Log().info("nowhere");
    CHECK(pipe.drain().empty());
    CHECK(file.lines() == Lines{"INF both"});
}

TEST_CASE("a file that cannot be opened is an error, and the log stays where it was") {
    const LogFile file(LogLevel::info);
    const auto result = configure_logging({LogLevel::debug, false, "/nonexistent/dir/log"});
    REQUIRE(!result);
    CHECK(result.error().code == Code::unavailable);
    CHECK(result.error().message ==
          "cannot open the log file /nonexistent/dir/log: No such file or directory");
    Log().info("still here");
    CHECK(file.lines() == Lines{"INF still here"});
}

TEST_CASE("nobody who does not read holds the program up, and lost lines are counted") {
    StdoutPipe pipe;
    const std::string filler(1000, 'x');
    constexpr int written = 500;  // far more than a pipe holds
    for (int i = 0; i < written; ++i)
        Log().info("{}", filler);
    const std::string first = pipe.drain();
    const auto arrived = std::ranges::count(first, '\n');
    CHECK(arrived > 0);
    CHECK(arrived < written);
    CHECK(first.back() == '\n');

    const bool reloaded = GENERATE(false, true);
    if (reloaded) REQUIRE(configure_logging({}));
    Log().info("back");
    const std::string second = pipe.drain();
    CHECK(second.find(fmt::format("WAR [log] {} lines were lost", written - arrived)) != std::string::npos);
    CHECK(second.find("INF back\n") != std::string::npos);
}

TEST_CASE("a closed standard output kills nobody") {
    StdoutPipe pipe;
    pipe.close_reader();
    for (int i = 0; i < 10; ++i)
        Log().error("into nothing");
    SUCCEED();
}

TEST_CASE("a full disk loses lines, not the program") {
    if (::access("/dev/full", W_OK) != 0) return;
    auto output = LogOutput::open("/dev/full");
    REQUIRE(output);
    CHECK_FALSE(output->write("x\n"));
}
