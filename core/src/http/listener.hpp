// A listening socket.
#pragma once

#include "deadlines.hpp"
#include "poller.hpp"

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <sys/socket.h>

namespace rill::http {

/// "192.0.2.1:50000", "[2001:db8::1]:50000"; IPv4 inside IPv6 is shown as IPv4.
std::string format_address(const sockaddr_storage& address);
std::string local_address(int fd);

/// A non-blocking listening socket at "host:port", "[v6]:port" or ":port". The last is all interfaces, of
/// IPv6 and IPv4 where the machine has IPv6. Error: invalid_config if it is no address, else unavailable.
Result<Fd> open_listener(const std::string& address);

/// Accepts what arrives at one listening socket. Threading: the context's thread.
class Listener final : public Poller::Watch, public Deadlines::Entry {
  public:
    struct Callbacks {
        std::function<void(Fd fd, std::string remote)> accepted;
        /// No file descriptor is left for a new connection. True if one was freed.
        std::function<bool()> exhausted;
    };

    Listener(Poller& poller, Deadlines& deadlines, Fd fd, Callbacks callbacks);
    ~Listener() override;

    std::uint16_t port() const;
    void on_ready(std::uint32_t events) override;
    void on_deadline(Wait kind) override;

  private:
    Poller& poller_;
    Deadlines& deadlines_;
    const Fd fd_;
    const Callbacks callbacks_;
};

}  // namespace rill::http
