// A blocking client that speaks TLS, and certificates to show it.
#pragma once

#include "harness.hpp"
#include "http/tls_socket.hpp"

#include <filesystem>
#include <string>

namespace rill::http::test {

/// A certificate and its key as PEM files in a folder of their own, "server.crt" and "server.key".
class CertificateFiles {
  public:
    explicit CertificateFiles(const std::string& common_name);
    CertificateFiles(const CertificateFiles&) = delete;
    ~CertificateFiles();

    /// Writes another certificate with a key of its own. `passphrase` encrypts the key.
    void write(const std::string& common_name, const std::string& passphrase = "") const;
    std::string certificate() const { return (folder_ / "server.crt").string(); }
    std::string key() const { return (folder_ / "server.key").string(); }

  private:
    std::filesystem::path folder_;
};

struct TlsTerms {
    int version = 0;                     ///< TLS1_2_VERSION; 0: whatever both have
    std::string protocols = "http/1.1";  ///< one of ALPN; "": none is offered
};

class TlsClient final : public Client {
  public:
    /// Shakes hands. The port's certificate is taken as it is.
    explicit TlsClient(std::uint16_t port, const TlsTerms& terms = {});

    bool shaken() const { return shaken_; }
    SSL* session() const { return session_.get(); }
    std::string protocol() const;
    /// Of the server's certificate.
    std::string common_name() const;
    /// Ends TLS, and leaves the connection open. True when the server ends it, too.
    bool close_notify();

  protected:
    ssize_t receive(char* buffer, std::size_t size) override;
    ssize_t transmit(const char* data, std::size_t size) override;

  private:
    Owned<SSL_CTX> context_;
    Owned<SSL> session_;
    bool shaken_ = false;
};

}  // namespace rill::http::test
