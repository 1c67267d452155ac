#include "outbox.hpp"

namespace rill::http {

Outbox::Push Outbox::push(Message message) {
    std::deque<Message> dropped;  // given back after the lock
    const std::lock_guard lock(mutex_);
    if (closed_) return Push::closed;
    const std::size_t size = g_bytes_get_size(message.bytes.get());
    const std::size_t queued = waiting_ + in_flight_;
    if (queued > 0 && (size > limit_ || queued > limit_ - size)) {
        closed_ = true;
        waiting_ = 0;
        dropped.swap(messages_);
        return Push::overflow;
    }
    waiting_ += size;
    messages_.push_back(std::move(message));
    if (told_) return Push::queued;
    told_ = true;
    return Push::first;
}

std::optional<Outbox::Message> Outbox::pop() {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) {
        told_ = false;
        return std::nullopt;
    }
    Message message = std::move(messages_.front());
    messages_.pop_front();
    const std::size_t size = g_bytes_get_size(message.bytes.get());
    waiting_ -= size;
    in_flight_ += size;
    return message;
}

void Outbox::in_flight(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    in_flight_ = bytes;
}

void Outbox::close() {
    std::deque<Message> dropped;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_ = 0;
    dropped.swap(messages_);
}

std::size_t Outbox::bytes() const {
    const std::lock_guard lock(mutex_);
    return waiting_ + in_flight_;
}

}  // namespace rill::http
