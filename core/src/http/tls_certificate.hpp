// The certificate that a listener shows, and all else that its handshakes have in common.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace rill {

template <>
struct Free<SSL_CTX> {
    void operator()(SSL_CTX* handle) const { SSL_CTX_free(handle); }
};

namespace http {

/// TLS 1.2 (RFC 5246) and 1.3 (RFC 8446), ALPN http/1.1 (RFC 7301). No session is resumed and no
/// renegotiation is granted.
///
/// Threading: one thread.
class TlsCertificate {
  public:
    /// Both files are PEM; the certificate's holds its chain, too. Error: invalid_config, naming the file and
    /// what is wrong.
    static Result<std::shared_ptr<TlsCertificate>> load(std::string certificate_file, std::string key_file);

    /// Reads the files again. Connections that begin from now on get what is there. Error: as load(); then
    /// everything stays as it was.
    Result<> reload();

    const std::string& certificate_file() const { return certificate_file_; }
    const std::string& key_file() const { return key_file_; }
    SSL_CTX* context() const { return context_.get(); }

  private:
    TlsCertificate(std::string certificate_file, std::string key_file)
        : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

    const std::string certificate_file_;
    const std::string key_file_;
    Owned<SSL_CTX> context_;
};

}  // namespace http

}  // namespace rill
