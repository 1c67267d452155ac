#include "event_queue.hpp"

#include <fmt/format.h>

#include <utility>

namespace rill::api {
namespace {

Ref<GBytes> bytes_of(const std::string& text) {
    return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
}

}  // namespace

std::string lost_event(std::uint64_t events) {
    return fmt::format("event: lost\ndata: {{\"lost\":{}}}\n\n", events);
}

void EventQueue::push(EventText text) {
    std::unique_lock lock(mutex_);
    if (closed_) return;
    bytes_ += text->size();
    events_.push_back(std::move(text));
    while (events_.size() > most_events || (bytes_ > most_bytes && events_.size() > 1)) {
        bytes_ -= events_.front()->size();
        events_.pop_front();
        ++lost_;
    }
    deliver(std::move(lock));
}

void EventQueue::keep_alive() {
    std::unique_lock lock(mutex_);
    // One that reads nothing has enough that waits.
    if (!done_ || is_due()) return;
    const auto done = std::exchange(done_, nullptr);
    lock.unlock();
    done(http::BodySource::Piece{bytes_of(":\n\n")});
}

void EventQueue::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    deliver(std::move(lock));
}

void EventQueue::read(std::size_t at_most, http::BodySource::Done done) {
    std::unique_lock lock(mutex_);
    at_most_ = at_most;
    done_ = std::move(done);
    deliver(std::move(lock));
}

/// Answers the read that waits, outside the lock: with whole events, or with the end.
void EventQueue::deliver(std::unique_lock<std::mutex> lock) {
    if (!is_due()) return;
    std::string text;
    if (lost_ > 0) text = lost_event(std::exchange(lost_, 0));
    while (!events_.empty() && text.size() + events_.front()->size() <= at_most_) {
        bytes_ -= events_.front()->size();
        text += *events_.front();
        events_.pop_front();
    }
    const auto done = std::exchange(done_, nullptr);
    const bool stuck = text.empty() && !events_.empty();
    lock.unlock();
    if (stuck) return done(Error{Code::internal, "an event is larger than a piece of an answer"});
    done(text.empty() ? http::BodySource::Piece{} : http::BodySource::Piece{bytes_of(text)});
}

}  // namespace rill::api
