// The system's log, played by a socket of our own.
#include "catch.hpp"
#include "log/destinations.hpp"
#include "log/line.hpp"
#include "log/system_log.hpp"

#include <array>
#include <cstring>
#include <regex>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace rill;

namespace {

/// Listens at a socket in a folder of its own while it lives, and logs there.
class Listener {
  public:
    Listener() {
        REQUIRE(::mkdtemp(directory_.data()) != nullptr);
        listen();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        static_cast<void>(configure_logging({}));
        hang_up();
        ::rmdir(directory_.c_str());
    }

    void listen() {
        fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path().c_str(), path().size());
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }
    void hang_up() {
        fd_ = Fd();
        ::unlink(path().c_str());
    }
    std::string path() const { return directory_ + "/log"; }
    Result<> use() const {
        return configure_logging(
            LogLevel::debug, true,
            {.standard_output = false, .system_prefix = "cams", .system_socket = path()});
    }
    /// The next message, or "".
    std::string next() const {
        std::array<char, 65536> block;
        const ssize_t size = ::recv(fd_.get(), block.data(), block.size(), 0);
        return size < 0 ? "" : std::string(block.data(), static_cast<std::size_t>(size));
    }

  private:
    std::string directory_ = "/tmp/rill-syslog-XXXXXX";
    Fd fd_;
};

const std::string start_after_priority =
    "[A-Z][a-z]{2} [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} cams\\[" + std::to_string(::getpid()) + "\\]: ";

}  // namespace

TEST_CASE("the system's log gets priority, time and sender as it expects them") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const std::chrono::system_clock::time_point time{std::chrono::milliseconds(1'767'866'401'250)};
    const std::string from = fmt::format("Jan  8 10:00:01 rill[{}]: ", ::getpid());
    const auto message = [&](LogLevel level, std::string_view text) {
        return system_log_message(level, time, "rill", log_text("[path cam1] ", text));
    };
    CHECK(message(LogLevel::error, "x") == "<27>" + from + "[path cam1] x");
    CHECK(message(LogLevel::warning, "x") == "<28>" + from + "[path cam1] x");
    CHECK(message(LogLevel::info, "x") == "<30>" + from + "[path cam1] x");
    CHECK(message(LogLevel::debug, "x") == "<31>" + from + "[path cam1] x");
    CHECK(message(LogLevel::info, "a\n<0>b rtsp://u:p@h.x/1") ==
          "<30>" + from + "[path cam1] a\\n<0>b rtsp://***@h.x/1");
    CHECK(message(LogLevel::info, std::string(100'000, 'x')).size() <= 4096);
    ::unsetenv("TZ");
    ::tzset();
}

TEST_CASE("lines reach the system's log without a second time and level") {
    const Listener listener;
    REQUIRE(listener.use());
    Log("path cam1").warning("slow");
    const std::string message = listener.next();
    INFO(message);
    CHECK(std::regex_match(message, std::regex("<28>" + start_after_priority + "\\[path cam1\\] slow")));
    CHECK(listener.next().empty());
}

TEST_CASE("a system's log that is begun anew is found again") {
    Listener listener;
    REQUIRE(listener.use());
    listener.hang_up();
    Log().info("into nothing");
    listener.listen();
    Log().info("back");
    CHECK(listener.next().ends_with("[log] 1 lines were lost, the log could not be written"));
    CHECK(listener.next().ends_with(": back"));
}

TEST_CASE("a system's log that does not read holds nobody up") {
    const Listener listener;
    REQUIRE(listener.use());
    for (int i = 0; i < 5000; ++i)
        Log().info("{}", std::string(1000, 'x'));
    int arrived = 0;
    while (!listener.next().empty())
        ++arrived;
    CHECK(arrived > 0);
    CHECK(arrived < 5000);
    Log().info("back");
    CHECK(listener.next().ends_with(
        fmt::format("[log] {} lines were lost, the log could not be written", 5000 - arrived)));
}

TEST_CASE("without a system's log it is an error, and the log stays where it was") {
    Listener listener;
    REQUIRE(listener.use());
    const auto result = configure_logging(
        LogLevel::debug, false,
        {.standard_output = false, .system_prefix = "x", .system_socket = "/nonexistent/log"});
    REQUIRE(!result);
    CHECK(result.error().code == Code::unavailable);
    CHECK(result.error().message.starts_with(
        "cannot reach the system's log at /nonexistent/log: No such file or directory"));
    Log().info("still here");
    CHECK(listener.next().ends_with(": still here"));
    CHECK_FALSE(configure_logging(LogLevel::info, false,
                                  {.system_prefix = "x", .system_socket = "/" + std::string(200, 'x')}));
}
