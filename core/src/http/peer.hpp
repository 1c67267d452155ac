// One accepted TCP connection, whatever is spoken on it.
#pragma once

#include "deadlines.hpp"
#include "output_queue.hpp"
#include "poller.hpp"
#include "socket.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace rill::http {

class ServerCore;

/// Owned by the server until close(). Threading: the server's.
class Peer : public Poller::Watch, public Deadlines::Entry, public std::enable_shared_from_this<Peer> {
  public:
    Peer(ServerCore& server, std::unique_ptr<Socket> socket) : socket_(std::move(socket)), server_(server) {}

    /// The server stops: finish what is under way, then close.
    virtual void stop() = 0;
    /// Closes the connection at once and tells those who wait for it.
    virtual void close() = 0;

  protected:
    /// Appends what has arrived, up to the size of one buffer.
    Socket::State receive(std::string& input);
    /// Which EPOLL… events are waited for, and for how long at most. Starts with the first call.
    void want(std::uint32_t events);
    bool is_open() const { return static_cast<bool>(socket_); }
    /// Takes the socket out of the server's tables, and closes it unless it is used further. Keep a
    /// reference: the server gives up its own.
    std::unique_ptr<Socket> detach();

    std::unique_ptr<Socket> socket_;  ///< null when closed
    ServerCore& server_;
    OutputQueue output_;

  private:
    bool watched_ = false;
    std::uint32_t wanted_ = 0;
};

}  // namespace rill::http
