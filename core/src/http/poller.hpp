// Readiness of many sockets inside one GMainContext.
#pragma once

#include "event_source.hpp"

#include <rill/fd.hpp>

#include <array>
#include <cstdint>
#include <sys/epoll.h>

namespace rill::http {

/// An epoll set that is one file descriptor to the main context. A source for each socket would make every
/// turn of the main loop cost as much as there are idle connections.
///
/// Threading: the context's thread.
class Poller {
  public:
    class Watch {
      public:
        virtual ~Watch() = default;
        /// `events` are EPOLL… bits. The watch may remove itself and others, and destroy itself.
        virtual void on_ready(std::uint32_t events) = 0;
    };

    explicit Poller(GMainContext* context);

    /// False when the system had no file descriptor for it.
    bool usable() const { return static_cast<bool>(epoll_); }
    bool add(int fd, std::uint32_t events, Watch& watch);
    void modify(int fd, std::uint32_t events, Watch& watch);
    /// No call of the watch comes after it.
    void remove(int fd, Watch& watch);

  private:
    void dispatch();

    Fd epoll_;
    EventSource source_;
    std::array<epoll_event, 64> batch_{};
    int batch_size_ = 0;
};

}  // namespace rill::http
