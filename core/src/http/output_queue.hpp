// Bytes on their way into a socket that must not block.
#pragma once

#include "socket.hpp"

#include <rill/ref.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace rill::http {

/// The text as bytes that own it.
Ref<GBytes> to_bytes(std::string text);

/// Threading: one thread.
class OutputQueue {
  public:
    enum class Flush { drained, blocked, failed };

    void push(Ref<GBytes> bytes);
    /// Writes what the socket takes, without copying. Gives up the processor after a few megabytes even if
    /// the socket takes more (then: blocked).
    Flush flush(Socket& socket);

    bool empty() const { return pieces_.empty(); }
    std::size_t queued() const { return queued_; }
    /// Counted from the beginning.
    std::uint64_t written() const { return written_; }

  private:
    void pop_written(std::size_t count);

    std::deque<Ref<GBytes>> pieces_;
    std::size_t front_written_ = 0;
    std::size_t queued_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace rill::http
