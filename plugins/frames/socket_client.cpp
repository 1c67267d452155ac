#include "socket_client.hpp"

#include <rill/clock.hpp>

#include <utility>
#include <vector>

namespace rill::frames {

namespace {

// RFC 6455 §7.4.1.
constexpr int going_away = 1001;
constexpr int policy_violation = 1008;

std::size_t size_of(const PicturePtr& picture) {
    return g_bytes_get_size(picture->message.get());
}

}  // namespace

SocketClient::SocketClient(std::shared_ptr<http::WebSocket> socket, Nanoseconds interval)
    : socket_(std::move(socket)), pace_(interval), moved_at_(running_time()) {}

bool SocketClient::wants(const Stamp& stamp) {
    return pace_.is_due(stamp) && !hold_.is_over();
}

void SocketClient::deliver(const PicturePtr& picture) {
    pace_.taken(picture->description.stamp);
    if (begin(picture)) send(picture);
}

/// True: it is to be sent now. Else it waits, or nobody is there any more.
bool SocketClient::begin(const PicturePtr& picture) {
    std::vector<PicturePtr> dropped;  // given back after the lock
    {
        const std::lock_guard lock(mutex_);
        if (over_) return false;
        if (!std::exchange(sending_, true)) return true;
        waiting_.push_back(picture);
        waiting_bytes_ += size_of(picture);
        while (waiting_.size() > 1 &&
               (waiting_.size() > bounds_.pictures || waiting_bytes_ > bounds_.bytes)) {
            waiting_bytes_ -= size_of(waiting_.front());
            dropped.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }
    hold_.count({.dropped = dropped.size()});
    return false;
}

void SocketClient::drained() {
    PicturePtr next;
    {
        const std::lock_guard lock(mutex_);
        sending_ = !waiting_.empty();
        if (!sending_) return;
        next = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= size_of(next);
    }
    send(next);
}

void SocketClient::send(const PicturePtr& picture) {
    hold_.count({.pictures = 1, .bytes = size_of(picture)});
    socket_->send_binary(picture->message);
}

void SocketClient::tick() {
    const std::size_t queued = socket_->queued_bytes();
    const Nanoseconds now = running_time();
    if (queued == 0 || queued != queued_before_) moved_at_ = now;
    queued_before_ = queued;
    if (now - moved_at_ >= bounds_.patience)
        end(policy_violation, "the client does not read what it is sent");
}

void SocketClient::close(const Error& reason) {
    end(going_away, reason.message);
}

void SocketClient::end(int code, const std::string& reason) {
    if (!hold_.release()) return;
    socket_->close(code, reason);
    abandon();
}

void SocketClient::abandon() {
    hold_.release();
    std::deque<PicturePtr> waiting;  // given back after the lock
    const std::lock_guard lock(mutex_);
    over_ = true;
    waiting_.swap(waiting);
    waiting_bytes_ = 0;
}

}  // namespace rill::frames
