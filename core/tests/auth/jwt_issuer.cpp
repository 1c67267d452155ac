#include "jwt_issuer.hpp"

#include "auth/base64.hpp"
#include "auth/digest.hpp"
#include "catch.hpp"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <array>
#include <cstring>
#include <vector>

namespace rill::auth::test {
namespace {

const char* digest_of(const std::string& algorithm) {
    if (algorithm == "EdDSA") return nullptr;
    if (algorithm.ends_with("256")) return "SHA256";
    return algorithm.ends_with("384") ? "SHA384" : "SHA512";
}

const char* curve_of(const std::string& algorithm) {
    if (algorithm == "ES256") return "P-256";
    return algorithm == "ES384" ? "P-384" : "P-521";
}

EVP_PKEY* new_key(const std::string& algorithm, unsigned rsa_bits) {
    if (algorithm == "EdDSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    if (algorithm.starts_with("ES")) return EVP_EC_gen(curve_of(algorithm));
    return EVP_RSA_gen(rsa_bits);
}

std::string encoded(std::string_view text) {
    return encode_base64url(as_bytes(text));
}

}  // namespace

IssuerKey::IssuerKey(std::string algorithm, std::string id, unsigned rsa_bits)
    : algorithm_(std::move(algorithm)), id_(std::move(id)) {
    if (algorithm_.starts_with("HS")) {
        for (int half = 0; half < 2; ++half) {
            const Digest bytes = random_key();
            secret_.append(bytes.begin(), bytes.end());
        }
        return;
    }
    key_ = std::shared_ptr<EVP_PKEY>(new_key(algorithm_, rsa_bits), EVP_PKEY_free);
    REQUIRE(key_);
}

std::size_t IssuerKey::coordinate() const {
    return static_cast<std::size_t>((EVP_PKEY_get_bits(key_.get()) + 7) / 8);
}

std::string IssuerKey::parameter(const char* name) const {
    BIGNUM* raw = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &raw) == 1);
    const Owned<BIGNUM> number(raw);
    const bool is_rsa = EVP_PKEY_is_a(key_.get(), "RSA") == 1;
    std::vector<unsigned char> bytes(is_rsa ? static_cast<std::size_t>(BN_num_bytes(raw)) : coordinate());
    REQUIRE(BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size())) >= 0);
    return encode_base64url(bytes);
}

Json IssuerKey::jwk() const {
    Json json = Json::object();
    if (!id_.empty()) json.set("kid", id_);
    if (algorithm_.starts_with("HS")) return std::move(json).set("kty", "oct").set("k", encoded(secret_));
    if (algorithm_.starts_with("ES")) {
        return std::move(json)
            .set("kty", "EC")
            .set("crv", curve_of(algorithm_))
            .set("x", parameter(OSSL_PKEY_PARAM_EC_PUB_X))
            .set("y", parameter(OSSL_PKEY_PARAM_EC_PUB_Y));
    }
    if (algorithm_ == "EdDSA") {
        std::array<unsigned char, 32> bytes = {};
        std::size_t size = bytes.size();
        REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) == 1);
        return std::move(json).set("kty", "OKP").set("crv", "Ed25519").set("x", encode_base64url(bytes));
    }
    return std::move(json)
        .set("kty", "RSA")
        .set("n", parameter(OSSL_PKEY_PARAM_RSA_N))
        .set("e", parameter(OSSL_PKEY_PARAM_RSA_E));
}

std::string IssuerKey::sign(std::string_view text) const {
    std::vector<unsigned char> signature(1024);
    const auto* data = as_bytes(text).data();
    if (algorithm_.starts_with("HS")) {
        unsigned size = 0;
        HMAC(EVP_get_digestbyname(digest_of(algorithm_)), secret_.data(), static_cast<int>(secret_.size()),
             data, text.size(), signature.data(), &size);
        return {signature.begin(), signature.begin() + size};
    }
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* details = nullptr;
    REQUIRE(EVP_DigestSignInit_ex(context.get(), &details, digest_of(algorithm_), nullptr, nullptr,
                                  key_.get(), nullptr) == 1);
    if (algorithm_.starts_with("PS")) {
        REQUIRE(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1);
        REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1);
    }
    std::size_t size = signature.size();
    REQUIRE(EVP_DigestSign(context.get(), signature.data(), &size, data, text.size()) == 1);
    if (!algorithm_.starts_with("ES"))
        return {signature.begin(), signature.begin() + static_cast<long>(size)};

    const unsigned char* der = signature.data();
    const Owned<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
    std::vector<unsigned char> bytes(2 * coordinate());
    const auto half = static_cast<int>(coordinate());
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), bytes.data(), half) == half);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), bytes.data() + half, half) == half);
    return {bytes.begin(), bytes.end()};
}

std::string IssuerKey::token(const Json& claims, const Json& header) const {
    Json whole = Json::object().set("alg", algorithm_).set("typ", "JWT");
    if (!id_.empty()) whole.set("kid", id_);
    for (const auto& [name, value] : header.members())
        whole.set(name, value);
    const std::string text = encoded(whole.dump()) + '.' + encoded(claims.dump());
    return text + '.' + encoded(sign(text));
}

std::string jwks(std::span<const Json> keys) {
    Json array = Json::array();
    for (const Json& key : keys)
        array.append(key);
    return Json::object().set("keys", std::move(array)).dump();
}

std::string compact(const Json& header, const Json& claims, std::string_view signature) {
    return encoded(header.dump()) + '.' + encoded(claims.dump()) + '.' + encoded(signature);
}

}  // namespace rill::auth::test
