// TLS on an accepted connection.
#pragma once

#include "socket.hpp"
#include "tls_certificate.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace rill {

template <>
struct Free<SSL> {
    void operator()(SSL* handle) const { SSL_free(handle); }
};

namespace http {

class TlsSocket final : public Socket {
  public:
    enum class Step {
        done,
        wants_input,
        wants_output,
        spoke_plainly,  ///< the client has begun an HTTP request instead
        failed,
    };

    /// Null when there is no memory for it.
    static std::unique_ptr<TlsSocket> make(Fd fd, const TlsCertificate& certificate);

    /// Goes on with the handshake, until it is done; before that nothing is received or sent.
    Step shake_hands();
    /// Why it failed.
    const std::string& reason() const { return reason_; }
    /// The connection without TLS, of a client that spoke plainly.
    Fd give_up() { return std::move(fd_); }

    Transfer receive(std::span<char> buffer) override;
    Transfer send(std::span<const iovec> pieces) override;
    void finish_sending() override;
    bool is_encrypted() const override { return true; }

  private:
    TlsSocket(Fd fd, Owned<SSL> session) : Socket(std::move(fd)), session_(std::move(session)) {}

    const Owned<SSL> session_;
    std::string reason_;
};

}  // namespace http

}  // namespace rill
