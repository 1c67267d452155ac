// The system's log: journald, or whoever else listens at /dev/log.
#pragma once

#include <rill/fd.hpp>
#include <rill/log.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace rill {

/// "<30>Jan  8 10:00:01 rill[123]: [path cam1] message": priority (facility daemon), local time, who, and the
/// message without time and level, which the system's log keeps in fields of its own (RFC 3164 §4.1, as
/// syslog(3) writes it). Control characters are escaped, long texts cut. `text`: of log_text().
std::string system_log_message(LogLevel level, std::chrono::system_clock::time_point time,
                               std::string_view prefix, std::string_view text);

/// A connection to the system's log. Not syslog(3), which waits for a reader that hangs, and holds the
/// program up.
///
/// Threading: guarded by its owner.
class SystemLog {
  public:
    /// Error: unavailable, with the reason.
    static Result<SystemLog> open(const std::string& socket);

    /// Never blocks. False when the message could not be sent; who comes back to the socket is found again.
    bool write(std::string_view message);

  private:
    explicit SystemLog(std::string socket) : socket_(std::move(socket)) {}
    /// Nothing, or errno.
    int connect();

    std::string socket_;
    Fd fd_;
};

}  // namespace rill
