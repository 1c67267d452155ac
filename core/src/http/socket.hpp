// The bytes of one accepted TCP connection, as they are or encrypted.
#pragma once

#include <rill/fd.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <sys/uio.h>

namespace rill::http {

/// Never blocks. Threading: the server's.
class Socket {
  public:
    enum class State {
        moved,
        blocked,  ///< until the poller says that the socket is readable, or writable
        ended,    ///< the client sends no more
        failed,
    };
    struct Transfer {
        State state;
        std::size_t bytes = 0;  ///< at least 1 when moved, else 0
    };

    explicit Socket(Fd fd) : fd_(std::move(fd)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    virtual ~Socket() = default;

    virtual Transfer receive(std::span<char> buffer) = 0;
    /// Takes bytes from the front of the pieces. What was blocked is offered again first, with the same
    /// bytes, and as many or more. Never `ended`.
    virtual Transfer send(std::span<const iovec> pieces) = 0;
    /// Tells the client that nothing more comes.
    virtual void finish_sending() = 0;
    virtual bool is_encrypted() const = 0;

    int fd() const { return fd_.get(); }
    /// Its end will be an error for the client instead of the end of what was sent.
    void reset_at_end();
    /// Lives as long as the connection does.
    void keep(std::shared_ptr<const void> thing) { kept_ = std::move(thing); }

  protected:
    Fd fd_;

  private:
    std::shared_ptr<const void> kept_;
};

std::unique_ptr<Socket> plain_socket(Fd fd);

}  // namespace rill::http
