#include "output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace rill {
namespace {

constexpr int stall_ms = 100;

}  // namespace

LogOutput LogOutput::standard_output() {
    return {STDOUT_FILENO, false};
}

Result<LogOutput> LogOutput::open(const std::string& file) {
    // O_NONBLOCK: a FIFO without a reader is an error, not a wait.
    const int fd =
        ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    if (fd >= 0) return LogOutput(fd, true);
    const std::string reason = std::generic_category().message(errno);
    return Error{Code::unavailable, fmt::format("cannot open the log file {}: {}", file, reason)};
}

LogOutput::LogOutput(LogOutput&& other) noexcept
    : fd_(other.fd_),
      owned_(std::exchange(other.owned_, false)),
      stalled_(other.stalled_),
      torn_(other.torn_) {}

LogOutput& LogOutput::operator=(LogOutput&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    std::swap(stalled_, other.stalled_);
    std::swap(torn_, other.torn_);
    return *this;
}

LogOutput::~LogOutput() {
    if (owned_) ::close(fd_);
}

bool LogOutput::writable() const {
    pollfd descriptor = {.fd = fd_, .events = POLLOUT, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&descriptor, 1, stalled_ ? 0 : stall_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

bool LogOutput::write(std::string_view line) {
    const std::string with_start = torn_ ? "\n" + std::string(line) : std::string();
    std::string_view rest = torn_ ? std::string_view(with_start) : line;
    const std::size_t whole = rest.size();
    while (!rest.empty()) {
        if (!writable()) break;
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    stalled_ = !rest.empty();
    if (rest.size() < whole) torn_ = stalled_;
    return rest.empty();
}

}  // namespace rill
