// What waits for one client of /api/v1/events: a bounded queue, as the body of its answer.
#pragma once

#include <rill/http_body.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace rill::api {

using EventText = std::shared_ptr<const std::string>;

/// A client that is too slow loses the oldest events, and is told how many.
///
/// Threading: any thread.
class EventQueue {
  public:
    static constexpr std::size_t most_events = 1000;
    static constexpr std::size_t most_bytes = 1u << 20;

    void push(EventText text);
    /// A comment, which keeps connections open, when nothing else waits. A client that is gone is let go of.
    void keep_alive();
    /// Ends the body after what waits.
    void close();
    /// As BodySource::read().
    void read(std::size_t at_most, http::BodySource::Done done);

  private:
    bool is_due() const { return done_ && (!events_.empty() || closed_); }
    void deliver(std::unique_lock<std::mutex> lock);

    std::mutex mutex_;
    // Locked: mutex_.
    std::deque<EventText> events_;
    std::size_t bytes_ = 0;
    std::uint64_t lost_ = 0;
    bool closed_ = false;
    std::size_t at_most_ = 0;
    http::BodySource::Done done_;  // of the read that waits
};

/// {"lost":n}, as an event.
std::string lost_event(std::uint64_t events);

/// The body whose end is the client's.
class EventBody final : public http::BodySource {
  public:
    explicit EventBody(std::shared_ptr<EventQueue> queue) : queue_(std::move(queue)) {}
    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    void read(std::uint64_t, std::size_t at_most, Done done) override {
        queue_->read(at_most, std::move(done));
    }

  private:
    const std::shared_ptr<EventQueue> queue_;
};

}  // namespace rill::api
