#include "tls.hpp"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

namespace rill {

template <>
struct Free<X509> {
    void operator()(X509* handle) const { X509_free(handle); }
};
template <>
struct Free<X509_EXTENSION> {
    void operator()(X509_EXTENSION* handle) const { X509_EXTENSION_free(handle); }
};
template <>
struct Free<EVP_PKEY> {
    void operator()(EVP_PKEY* handle) const { EVP_PKEY_free(handle); }
};
template <>
struct Free<BIO> {
    void operator()(BIO* handle) const { BIO_free_all(handle); }
};

namespace camera {
namespace {

constexpr long one_hour = 3600;

Owned<X509> self_signed(EVP_PKEY* key) {
    Owned<X509> certificate(X509_new());
    X509* x509 = certificate.get();
    if (x509 == nullptr) return nullptr;
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), g_get_real_time());
    X509_gmtime_adj(X509_getm_notBefore(x509), -one_hour);
    X509_gmtime_adj(X509_getm_notAfter(x509), 24 * one_hour);
    X509_NAME* name = X509_get_subject_name(x509);
    const std::string_view host = "localhost";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.data()),
                               static_cast<int>(host.size()), -1, 0);
    X509_set_issuer_name(x509, name);
    const Owned<X509_EXTENSION> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"));
    if (!names || X509_add_ext(x509, names.get(), -1) != 1) return nullptr;
    if (X509_set_pubkey(x509, key) != 1 || X509_sign(x509, key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

std::string fingerprint(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    return fmt::format("{:02X}", fmt::join(digest.begin(), digest.begin() + size, ":"));
}

}  // namespace

Result<Certificate> make_certificate() {
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const Owned<X509> x509 = key ? self_signed(key.get()) : nullptr;
    const Owned<BIO> pem(BIO_new(BIO_s_mem()));
    if (!x509 || !pem || PEM_write_bio_X509(pem.get(), x509.get()) != 1 ||
        PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return Error{Code::internal, "cannot make a TLS certificate"};

    char* text = nullptr;
    const long size = BIO_get_mem_data(pem.get(), &text);
    Owned<GError> error;
    auto certificate = Ref<GTlsCertificate>::adopt(g_tls_certificate_new_from_pem(text, size, out(error)));
    if (!certificate) return Error{Code::unavailable, fmt::format("cannot use TLS: {}", error->message)};
    return Certificate{std::move(certificate), fingerprint(x509.get())};
}

}  // namespace camera
}  // namespace rill
