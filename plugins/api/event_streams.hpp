// GET /api/v1/events: what happens, as Server-Sent Events (WHATWG HTML §9.2).
#pragma once

#include "asked.hpp"
#include "event_queue.hpp"

#include <rill/event.hpp>
#include <rill/loop.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace rill::api {

/// Observes while there are clients, and for a minute after the last one: who loses its connection and comes
/// back with Last-Event-ID gets what it has missed, as far as that is kept.
///
/// Threading: the main thread.
class EventStreams {
  public:
    static constexpr std::size_t most_clients = 100;
    static constexpr std::size_t most_kept = 256;

    EventStreams(Events& events, Loop& loop) : events_(events), loop_(loop) {}
    /// Ends every client's body.
    ~EventStreams();

    /// `path` in the query leaves the events of one path.
    void serve(const Asked& asked);

  private:
    struct Kept {
        std::uint64_t number;
        std::string path;
        EventText text;
    };
    struct Client {
        std::string path;  // empty: all
        std::weak_ptr<EventQueue> queue;
    };
    void begin();
    void end();
    void happened(const Event& event);
    void second();
    void catch_up(const Client& client, EventQueue& queue, std::string_view last) const;

    Events& events_;
    Loop& loop_;
    std::shared_ptr<Events::Observer> observer_;  // null while nobody has been here for a while
    std::string run_;  // of the numbers that follow; another one with each observer
    std::uint64_t number_ = 0;
    std::deque<Kept> kept_;
    std::vector<Client> clients_;
    unsigned idle_seconds_ = 0;  // without a client
    unsigned seconds_ = 0;
    Timer timer_;
};

}  // namespace rill::api
