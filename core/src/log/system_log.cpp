#include "system_log.hpp"

#include "line.hpp"
#include "util/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <system_error>
#include <unistd.h>

namespace rill {
namespace {

int severity_of(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return LOG_ERR;
        case LogLevel::warning:
            return LOG_WARNING;
        case LogLevel::info:
            return LOG_INFO;
        case LogLevel::debug:
            return LOG_DEBUG;
    }
    return LOG_INFO;
}

/// English in every locale.
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string system_log_message(LogLevel level, std::chrono::system_clock::time_point time,
                               std::string_view prefix, std::string_view text) {
    const std::tm local = local_time(time);
    std::string out = fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} {}[{}]: ", LOG_DAEMON | severity_of(level),
                                  months.at(static_cast<std::size_t>(local.tm_mon)), local.tm_mday,
                                  local.tm_hour, local.tm_min, local.tm_sec, prefix, ::getpid());
    append_escaped(out, text, Notation::plain, log_line_bytes - out.size());
    return out;
}

Result<SystemLog> SystemLog::open(const std::string& socket) {
    SystemLog log(socket);
    const int error = log.connect();
    if (error == 0) return log;
    return Error{
        Code::unavailable,
        fmt::format("cannot reach the system's log at {}: {}; take syslog out of logDestinations, or "
                    "start what listens there",
                    socket, std::generic_category().message(error))};
}

int SystemLog::connect() {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return errno;
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return errno;
    fd_ = std::move(fd);
    return 0;
}

bool SystemLog::write(std::string_view message) {
    const auto send = [&] { return ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0; };
    if (fd_ && send()) return true;
    // Who is there and does not read is no reason to connect anew.
    if (fd_ && (errno == EAGAIN || errno == ENOBUFS)) return false;
    fd_ = Fd();
    return connect() == 0 && send();
}

}  // namespace rill
