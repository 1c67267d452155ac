#include "poller.hpp"

namespace rill::http {

Poller::Poller(GMainContext* context)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), source_(context, [this] { dispatch(); }) {
    if (epoll_) source_.watch(epoll_.get());
}

bool Poller::add(int fd, std::uint32_t events, Watch& watch) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watch;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::modify(int fd, std::uint32_t events, Watch& watch) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watch;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd, Watch& watch) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    for (int index = 0; index < batch_size_; ++index) {
        if (batch_[index].data.ptr == &watch) batch_[index].data.ptr = nullptr;
    }
}

void Poller::dispatch() {
    batch_size_ = ::epoll_wait(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), 0);
    for (int index = 0; index < batch_size_; ++index) {
        if (auto* watch = static_cast<Watch*>(batch_[index].data.ptr)) watch->on_ready(batch_[index].events);
    }
    batch_size_ = 0;
}

}  // namespace rill::http
