#include "asker.hpp"

#include <sys/timerfd.h>
#include <utility>

namespace rill::webrtc::ice {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Between one candidate of a viewer and the next: the least of RFC 8445 §14.2.
constexpr milliseconds pace{5};
// RFC 8489 §6.2.1: at 0, 0.5, 1.5 and 3.5 s. That is enough for a viewer whose answer is still on the way,
// and who knows no password of ours yet; more would only help those who wanted to know where our packets go.
constexpr milliseconds first_wait{500};
constexpr int most_sent = 4;

}  // namespace

Asker::Asker(std::shared_ptr<const UdpSocket> socket)
    : socket_(std::move(socket)), timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

void Asker::ask(const std::shared_ptr<const Peer>& peer, std::vector<Question> questions) {
    const std::lock_guard lock(mutex_);
    auto due = Clock::now();
    for (Question& question : questions) {
        if (!socket_->reaches(question.remote)) continue;
        by_time_.emplace(due, Asked{peer, std::move(question)});
        due += pace;
    }
    set_timer();
}

void Asker::leave(const std::shared_ptr<const Peer>& peer) {
    const std::lock_guard lock(mutex_);
    std::erase_if(by_time_, [&](const auto& entry) {
        return !entry.second.peer.owner_before(peer) && !peer.owner_before(entry.second.peer);
    });
}

void Asker::send_due() {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        auto entry = by_time_.extract(by_time_.begin());
        if (!send(entry.mapped())) continue;
        entry.key() = now + first_wait * (1 << (entry.mapped().sent - 1));
        by_time_.insert(std::move(entry));
    }
    set_timer();
}

bool Asker::send(Asked& asked) const {
    const auto peer = asked.peer.lock();
    if (!peer || !peer->awaits_check()) return false;
    const Packet packet(asked.question.request);
    socket_->send({}, asked.question.remote, {&packet, 1}, false);
    return ++asked.sent < most_sent;
}

/// The first that is due makes the descriptor readable; what was readable before is no more.
void Asker::set_timer() const {
    itimerspec when{};
    if (!by_time_.empty()) {
        // steady_clock is CLOCK_MONOTONIC. Zero would be never.
        const nanoseconds due = by_time_.begin()->first.time_since_epoch();
        when.it_value.tv_sec = std::chrono::duration_cast<seconds>(due).count();
        when.it_value.tv_nsec = (due % seconds(1)).count();
    }
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

std::size_t Asker::open() const {
    const std::lock_guard lock(mutex_);
    return by_time_.size();
}

}  // namespace rill::webrtc::ice
