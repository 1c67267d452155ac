#include "tls_handshake.hpp"

#include "server_core.hpp"

#include <rill/log.hpp>

namespace rill::http {

TlsHandshake::TlsHandshake(ServerCore& server, std::unique_ptr<TlsSocket> socket, Arrival arrival)
    : Peer(server, std::move(socket)),
      tls_(static_cast<TlsSocket&>(*socket_)),
      arrival_(std::move(arrival)) {}

void TlsHandshake::start() {
    server_.deadlines.start(*this, Wait::handshake);
    want(EPOLLIN);
}

void TlsHandshake::on_ready(std::uint32_t) {
    const auto alive = shared_from_this();
    switch (tls_.shake_hands()) {
        case TlsSocket::Step::done:
            server_.serve(detach(), arrival_);
            return;
        case TlsSocket::Step::wants_input:
            return want(EPOLLIN);
        case TlsSocket::Step::wants_output:
            return want(EPOLLOUT);
        case TlsSocket::Step::spoke_plainly:
            return refuse_plain();
        case TlsSocket::Step::failed:
            Log("TLS").debug("{}: no handshake: {}", arrival_.remote, tls_.reason());
            return close();
    }
}

void TlsHandshake::refuse_plain() {
    const auto socket = detach();
    server_.turn_away(tls_.give_up(), arrival_, "this port speaks HTTPS: ask it by https://");
}

void TlsHandshake::on_deadline(Wait) {
    const auto alive = shared_from_this();
    ++server_.counters.rejected;
    close();
}

void TlsHandshake::close() {
    if (!is_open()) return;
    const auto alive = shared_from_this();
    const auto closing = detach();
}

}  // namespace rill::http
