#include "peer.hpp"

#include "server_core.hpp"

#include <utility>

namespace rill::http {

Socket::State Peer::receive(std::string& input) {
    const auto received = socket_->receive(server_.scratch);
    input.append(server_.scratch.data(), received.bytes);
    return received.state;
}

void Peer::want(std::uint32_t events) {
    if (watched_ && events == wanted_) return;
    if (watched_) {
        server_.poller.modify(socket_->fd(), events, *this);
    } else {
        watched_ = server_.poller.add(socket_->fd(), events, *this);
    }
    wanted_ = events;
}

std::unique_ptr<Socket> Peer::detach() {
    server_.deadlines.cancel(*this);
    if (watched_) server_.poller.remove(socket_->fd(), *this);
    server_.remove(*this);
    return std::exchange(socket_, nullptr);
}

}  // namespace rill::http
