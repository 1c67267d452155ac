// OpenSSL's handles as Owned<T>.
#pragma once

#include <rill/ref.hpp>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

namespace rill {

template <>
struct Free<EVP_PKEY> {
    void operator()(EVP_PKEY* handle) const { EVP_PKEY_free(handle); }
};
template <>
struct Free<EVP_PKEY_CTX> {
    void operator()(EVP_PKEY_CTX* handle) const { EVP_PKEY_CTX_free(handle); }
};
template <>
struct Free<EVP_MD_CTX> {
    void operator()(EVP_MD_CTX* handle) const { EVP_MD_CTX_free(handle); }
};
template <>
struct Free<BIGNUM> {
    void operator()(BIGNUM* handle) const { BN_free(handle); }
};
template <>
struct Free<ECDSA_SIG> {
    void operator()(ECDSA_SIG* handle) const { ECDSA_SIG_free(handle); }
};
template <>
struct Free<OSSL_PARAM_BLD> {
    void operator()(OSSL_PARAM_BLD* handle) const { OSSL_PARAM_BLD_free(handle); }
};
template <>
struct Free<OSSL_PARAM> {
    void operator()(OSSL_PARAM* handle) const { OSSL_PARAM_free(handle); }
};

}  // namespace rill
