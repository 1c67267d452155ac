// A connection until its handshake is done.
#pragma once

#include "endpoint.hpp"
#include "peer.hpp"
#include "tls_socket.hpp"

namespace rill::http {

/// Becomes an HttpConnection. Threading: the server's.
class TlsHandshake final : public Peer {
  public:
    TlsHandshake(ServerCore& server, std::unique_ptr<TlsSocket> socket, Arrival arrival);

    void start();
    void on_ready(std::uint32_t events) override;
    void on_deadline(Wait kind) override;
    void stop() override { close(); }
    void close() override;

  private:
    void refuse_plain();

    TlsSocket& tls_;
    const Arrival arrival_;
};

}  // namespace rill::http
