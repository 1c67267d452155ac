#include "tls_client.hpp"

#include "auth/openssl.hpp"
#include "catch.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <memory>
#include <unistd.h>

namespace rill {

template <>
struct Free<X509> {
    void operator()(X509* handle) const { X509_free(handle); }
};

namespace http::test {
namespace {

constexpr long hour_s = 3600;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::string& name) {
    return {std::fopen(name.c_str(), "w"), std::fclose};
}

std::string common_name_of(const X509* certificate) {
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    return name.data();
}

}  // namespace

CertificateFiles::CertificateFiles(const std::string& common_name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "rill-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    write(common_name);
}

CertificateFiles::~CertificateFiles() {
    std::filesystem::remove_all(folder_);
}

void CertificateFiles::write(const std::string& common_name, const std::string& passphrase) const {
    const Owned<EVP_PKEY> pair(EVP_EC_gen("P-256"));
    const Owned<X509> made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -hour_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), hour_s);
    X509_set_pubkey(made.get(), pair.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    REQUIRE(X509_sign(made.get(), pair.get(), EVP_sha256()) > 0);
    REQUIRE(PEM_write_X509(open_file(certificate()).get(), made.get()) == 1);
    REQUIRE(PEM_write_PKCS8PrivateKey(open_file(key()).get(), pair.get(),
                                      passphrase.empty() ? nullptr : EVP_aes_256_cbc(), passphrase.data(),
                                      static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
}

TlsClient::TlsClient(std::uint16_t port, const TlsTerms& terms)
    : Client(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);  // else this side would refuse old versions
    SSL_CTX_set_min_proto_version(context_.get(), terms.version);
    SSL_CTX_set_max_proto_version(context_.get(), terms.version);
    session_.reset(SSL_new(context_.get()));
    if (!terms.protocols.empty()) {
        const std::string wire = static_cast<char>(terms.protocols.size()) + terms.protocols;
        SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
    }
    SSL_set_fd(session_.get(), fd());
    shaken_ = SSL_connect(session_.get()) == 1;
}

std::string TlsClient::protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::common_name() const {
    const Owned<X509> certificate(SSL_get1_peer_certificate(session_.get()));
    return certificate ? common_name_of(certificate.get()) : "";
}

bool TlsClient::close_notify() {
    SSL_shutdown(session_.get());
    return SSL_shutdown(session_.get()) == 1;
}

ssize_t TlsClient::receive(char* buffer, std::size_t size) {
    return shaken_ ? SSL_read(session_.get(), buffer, static_cast<int>(size)) : -1;
}

ssize_t TlsClient::transmit(const char* data, std::size_t size) {
    return shaken_ ? SSL_write(session_.get(), data, static_cast<int>(size)) : -1;
}

}  // namespace http::test

}  // namespace rill
