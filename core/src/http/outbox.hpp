// Messages that any thread hands to a connection, bounded in bytes.
#pragma once

#include <rill/ref.hpp>

#include <deque>
#include <mutex>
#include <optional>

namespace rill::http {

/// Threading: any, except pop(), in_flight() and close(), which are the connection's.
class Outbox {
  public:
    struct Message {
        Ref<GBytes> bytes;
        bool binary;
    };
    enum class Push {
        first,     ///< accepted, and the connection must be told
        queued,    ///< accepted, the connection knows
        overflow,  ///< more than one and than the limit: closed now, all dropped. Said once
        closed,    ///< dropped
    };

    explicit Outbox(std::size_t limit) : limit_(limit) {}

    Push push(Message message);
    /// Nothing: the next push is `first` again.
    std::optional<Message> pop();
    /// How much of what was popped is not yet written to the socket.
    void in_flight(std::size_t bytes);
    void close();
    std::size_t bytes() const;

  private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<Message> messages_;  ///< this and the rest under mutex_
    std::size_t waiting_ = 0;
    std::size_t in_flight_ = 0;
    bool told_ = false;
    bool closed_ = false;
};

}  // namespace rill::http
