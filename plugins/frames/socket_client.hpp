// A client of WS …/frames.
#pragma once

#include "client.hpp"
#include "pace.hpp"

#include <rill/http.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

namespace rill::frames {

/// One message is on its way, and a few newer pictures wait; the oldest of those goes when there are too
/// many. Who takes nothing of a message for a while is closed (1008).
///
/// Threading: as Subscriber; the rest any thread.
class SocketClient final : public Subscriber {
  public:
    struct Bounds {
        std::size_t pictures = 10;  ///< that wait, at least 1
        std::size_t bytes = 32u << 20;
        std::chrono::milliseconds patience = client_patience;  ///< with who takes nothing of a message
    };
    /// `interval`: the least time between two pictures.
    SocketClient(std::shared_ptr<http::WebSocket> socket, Nanoseconds interval);
    /// Those of the path. Before it is attached.
    void set_bounds(Bounds bounds) { bounds_ = bounds; }

    void keep(std::shared_ptr<Attachment> attachment) { hold_.keep(std::move(attachment)); }
    /// The client has gone.
    void abandon();
    /// All that was sent is written.
    void drained();

    bool wants(const Stamp& stamp) override;
    void deliver(const PicturePtr& picture) override;
    void tick() override;
    void close(const Error& reason) override;

  private:
    bool begin(const PicturePtr& picture);
    void send(const PicturePtr& picture);
    void end(int code, const std::string& reason);

    const std::shared_ptr<http::WebSocket> socket_;
    Bounds bounds_;
    Hold hold_;

    // The strand's.
    Pace pace_;
    std::size_t queued_before_ = 0;
    Nanoseconds moved_at_;

    std::mutex mutex_;
    // Locked: mutex_.
    std::deque<PicturePtr> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool sending_ = false;
    bool over_ = false;
};

}  // namespace rill::frames
