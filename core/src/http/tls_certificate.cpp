#include "tls_certificate.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <string_view>

namespace rill::http {
namespace {

constexpr std::string_view protocol = "\x08http/1.1";

std::string take_reason() {
    const unsigned long code = ERR_peek_error();  // the first is the cause of the others
    ERR_clear_error();
    // The system's errors have no text of OpenSSL's.
    if (ERR_SYSTEM_ERROR(code)) return g_strerror(ERR_GET_REASON(code));
    const char* const reason = ERR_reason_error_string(code);
    return reason == nullptr ? "unknown reason" : reason;
}

Error cannot_use(std::string_view what, const std::string& file) {
    return {Code::invalid_config,
            fmt::format("the {} {} cannot be used: {}; it must be a PEM file that this process may read",
                        what, file, take_reason())};
}

/// Without it, OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

int select_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_size, reinterpret_cast<const unsigned char*>(protocol.data()),
                              static_cast<unsigned>(protocol.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol (RFC 7301 §3.2)
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

Owned<SSL_CTX> make_context() {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    if (!context) return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // Of TLS 1.2 only what keeps its secrets when the key is lost later, and authenticates what it encrypts.
    SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
    // Without tickets and a cache nothing of a session outlives its connection. An end without a close_notify
    // is an end: a request says itself how long it is.
    SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                           SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
    return context;
}

void warn_of_dates(SSL_CTX* context, const std::string& file) {
    const X509* const certificate = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        Log("TLS").warning("the certificate {} has expired", file);
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        Log("TLS").warning("the certificate {} is not valid yet", file);
}

}  // namespace

Result<std::shared_ptr<TlsCertificate>> TlsCertificate::load(std::string certificate_file,
                                                             std::string key_file) {
    const std::shared_ptr<TlsCertificate> result(
        new TlsCertificate(std::move(certificate_file), std::move(key_file)));
    if (auto loaded = result->reload(); !loaded) return loaded.error();
    return result;
}

Result<> TlsCertificate::reload() {
    ERR_clear_error();
    auto context = make_context();
    if (!context) return Error{Code::internal, "OpenSSL cannot be used: " + take_reason()};
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file_.c_str()) != 1)
        return cannot_use("certificate", certificate_file_);
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file_.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
            return cannot_use("key", key_file_);
        ERR_clear_error();
        return Error{Code::invalid_config, fmt::format("the key {} does not belong to the certificate {}",
                                                       key_file_, certificate_file_)};
    }
    warn_of_dates(context.get(), certificate_file_);
    context_ = std::move(context);
    return ok();
}

}  // namespace rill::http
