#include "peer.hpp"

#include "server_core.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace rill::http {

Peer::Received Peer::receive(std::string& input) {
    while (true) {
        const ssize_t count = ::recv(fd_.get(), server_.scratch.data(), server_.scratch.size(), MSG_DONTWAIT);
        if (count > 0) {
            input.append(server_.scratch.data(), static_cast<std::size_t>(count));
            return Received::data;
        }
        if (count == 0) return Received::end;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? Received::nothing : Received::failure;
    }
}

void Peer::want(std::uint32_t events) {
    if (watched_ && events == wanted_) return;
    if (watched_) {
        server_.poller.modify(fd_.get(), events, *this);
    } else {
        watched_ = server_.poller.add(fd_.get(), events, *this);
    }
    wanted_ = events;
}

Fd Peer::detach() {
    server_.deadlines.cancel(*this);
    if (watched_) server_.poller.remove(fd_.get(), *this);
    server_.remove(*this);
    return std::exchange(fd_, Fd());
}

}  // namespace rill::http
