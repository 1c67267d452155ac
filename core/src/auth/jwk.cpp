#include "auth/jwk.hpp"

#include "auth/base64.hpp"
#include "auth/digest.hpp"
#include "auth/openssl.hpp"
#include "util/escape.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

namespace rill::auth {
namespace {

constexpr std::size_t most_keys = 100;
constexpr int least_rsa_bits = 2048;  // RFC 7518 §3.3
constexpr int most_rsa_bits = 16384;  // OpenSSL's own bound; beyond it a verification takes long
constexpr std::size_t ed25519_bytes = 32;

constexpr auto algorithms = std::to_array<Algorithm>({
    {.name = "RS256", .type = KeyType::rsa, .digest = "SHA256"},
    {.name = "RS384", .type = KeyType::rsa, .digest = "SHA384"},
    {.name = "RS512", .type = KeyType::rsa, .digest = "SHA512"},
    {.name = "PS256", .type = KeyType::rsa, .digest = "SHA256", .pss = true},
    {.name = "PS384", .type = KeyType::rsa, .digest = "SHA384", .pss = true},
    {.name = "PS512", .type = KeyType::rsa, .digest = "SHA512", .pss = true},
    {.name = "ES256", .type = KeyType::p256, .digest = "SHA256"},
    {.name = "ES384", .type = KeyType::p384, .digest = "SHA384"},
    {.name = "ES512", .type = KeyType::p521, .digest = "SHA512"},
    {.name = "EdDSA", .type = KeyType::ed25519, .digest = ""},
    {.name = "HS256", .type = KeyType::symmetric, .digest = "SHA256", .least_bytes = 32},
    {.name = "HS384", .type = KeyType::symmetric, .digest = "SHA384", .least_bytes = 48},
    {.name = "HS512", .type = KeyType::symmetric, .digest = "SHA512", .least_bytes = 64},
});

struct Curve {
    std::string_view name;  // RFC 7518 §6.2.1.1
    KeyType type;
    const char* group;
    std::size_t bytes;  // of a coordinate
};
constexpr auto curves = std::to_array<Curve>({
    {"P-256", KeyType::p256, "P-256", 32},
    {"P-384", KeyType::p384, "P-384", 48},
    {"P-521", KeyType::p521, "P-521", 66},
});

Error refusal(std::string_view what) {
    return {Code::invalid_config, std::string(what)};
}

std::string text_of(const Json& json, std::string_view key) {
    return json[key].text().value_or("");
}

std::string bytes_of(const Json& json, std::string_view key) {
    return decode_base64url(text_of(json, key)).value_or("");
}

const unsigned char* data_of(std::string_view text) {
    return as_bytes(text).data();
}

/// What OpenSSL found wrong is not asked for, and must not be found by who asks next.
bool succeeded(int result) {
    if (result != 1) ERR_clear_error();
    return result == 1;
}

using PublicKey = Owned<EVP_PKEY>;

PublicKey public_key(const char* type, OSSL_PARAM_BLD* builder) {
    const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || !succeeded(EVP_PKEY_fromdata_init(context.get())) ||
        !succeeded(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get())))
        return nullptr;
    return PublicKey(key);
}

Result<PublicKey> rsa_key(const Json& json) {
    const std::string modulus = bytes_of(json, "n");
    const std::string exponent = bytes_of(json, "e");
    if (modulus.empty() || exponent.empty()) return refusal("the RSA key has no n or no e in base64url");
    if (modulus.size() > most_rsa_bits / 8 || exponent.size() > sizeof(std::uint64_t))
        return refusal("the RSA key is too large");
    const Owned<BIGNUM> n(BN_bin2bn(data_of(modulus), static_cast<int>(modulus.size()), nullptr));
    const Owned<BIGNUM> e(BN_bin2bn(data_of(exponent), static_cast<int>(exponent.size()), nullptr));
    if (BN_num_bits(n.get()) < least_rsa_bits)
        return refusal(fmt::format("the RSA key has less than {} bits", least_rsa_bits));
    if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) != 0 || BN_is_odd(n.get()) == 0)
        return refusal("the RSA key is not valid");
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    PublicKey key = public_key("RSA", builder.get());
    if (!key) return refusal("the RSA key is not valid");
    return key;
}

Result<PublicKey> ec_key(const Json& json, const Curve& curve) {
    const std::string x = bytes_of(json, "x");
    const std::string y = bytes_of(json, "y");
    if (x.size() != curve.bytes || y.size() != curve.bytes)
        return refusal(fmt::format("the EC key has no x or no y of {} bytes in base64url", curve.bytes));
    const std::string point = '\x04' + x + y;  // SEC 1 §2.3.3, uncompressed
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    PublicKey key = public_key("EC", builder.get());
    if (!key) return refusal("the EC key is no point of its curve");
    const Owned<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!succeeded(EVP_PKEY_public_check(check.get()))) return refusal("the EC key is not valid");
    return key;
}

Result<PublicKey> ed25519_key(const Json& json) {
    const std::string x = bytes_of(json, "x");
    if (x.size() != ed25519_bytes) return refusal("the OKP key has no x of 32 bytes in base64url");
    PublicKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(x), x.size()));
    if (!key) return refusal("the OKP key is not valid");
    return key;
}

/// RFC 7517 §4.2 and §4.3.
bool is_for_signatures(const Json& json) {
    if (json.contains("use") && json["use"].text() != "sig") return false;
    const auto operations = json["key_ops"].items();
    const auto verifies = [](const Json& operation) { return operation.text() == "verify"; };
    return !json.contains("key_ops") || std::ranges::any_of(operations, verifies);
}

/// OpenSSL reads ECDSA signatures in DER, JWTs have r and s one behind the other (RFC 7518 §3.4).
std::string der_signature(std::string_view signature, std::size_t coordinate) {
    if (signature.size() != 2 * coordinate) return "";
    const auto size = static_cast<int>(coordinate);
    const Owned<ECDSA_SIG> parts(ECDSA_SIG_new());
    ECDSA_SIG_set0(parts.get(), BN_bin2bn(data_of(signature), size, nullptr),
                   BN_bin2bn(data_of(signature) + coordinate, size, nullptr));
    unsigned char* der = nullptr;
    const int bytes = i2d_ECDSA_SIG(parts.get(), &der);
    if (bytes <= 0) return "";
    std::string result(reinterpret_cast<char*>(der), static_cast<std::size_t>(bytes));
    OPENSSL_free(der);
    return result;
}

bool hmac_matches(const Algorithm& algorithm, std::string_view secret, std::string_view text,
                  std::string_view signature) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned size = 0;
    HMAC(EVP_get_digestbyname(algorithm.digest.data()), secret.data(), static_cast<int>(secret.size()),
         data_of(text), text.size(), digest.data(), &size);
    return equal(std::span(digest).first(size), as_bytes(signature));
}

}  // namespace

const Algorithm* find_algorithm(std::string_view name) {
    const auto found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == algorithms.end() ? nullptr : &*found;
}

Result<Jwk> Jwk::parse(const Json& json) {
    if (!is_for_signatures(json)) return refusal("the key is not for signatures");
    Jwk result;
    result.id_ = text_of(json, "kid");
    result.algorithm_ = text_of(json, "alg");
    const std::string type = text_of(json, "kty");
    const std::string curve_name = text_of(json, "crv");
    if (type == "oct") {
        result.secret_ = bytes_of(json, "k");
        if (result.secret_.size() < find_algorithm("HS256")->least_bytes)
            return refusal("the shared secret has less than 32 bytes in base64url (RFC 7518 §3.2)");
        return result;
    }
    Result<PublicKey> key = refusal(
        fmt::format("the type {} with the curve {} is not known", in_quotes(type), in_quotes(curve_name)));
    if (type == "RSA") {
        result.type_ = KeyType::rsa;
        key = rsa_key(json);
    } else if (type == "OKP" && curve_name == "Ed25519") {
        result.type_ = KeyType::ed25519;
        key = ed25519_key(json);
    } else if (type == "EC") {
        const auto curve = std::ranges::find(curves, curve_name, &Curve::name);
        if (curve == curves.end())
            return refusal(fmt::format("the curve {} is not known", in_quotes(curve_name)));
        result.type_ = curve->type;
        key = ec_key(json, *curve);
    }
    if (!key) return key.error();
    result.public_key_ = std::shared_ptr<EVP_PKEY>(std::move(*key));
    return result;
}

bool Jwk::is_for(const Algorithm& algorithm) const {
    return algorithm.type == type_ && (algorithm_.empty() || algorithm_ == algorithm.name) &&
           (type_ != KeyType::symmetric || secret_.size() >= algorithm.least_bytes);
}

bool Jwk::verify(const Algorithm& algorithm, std::string_view text, std::string_view signature) const {
    if (type_ == KeyType::symmetric) return hmac_matches(algorithm, secret_, text, signature);
    const auto curve = std::ranges::find(curves, type_, &Curve::type);
    const std::string der = curve == curves.end() ? "" : der_signature(signature, curve->bytes);
    const std::string_view bytes = curve == curves.end() ? signature : der;
    if (bytes.empty()) return false;

    const EVP_MD* const digest =
        algorithm.digest.empty() ? nullptr : EVP_get_digestbyname(algorithm.digest.data());
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* details = nullptr;
    if (!succeeded(EVP_DigestVerifyInit(context.get(), &details, digest, nullptr, public_key_.get())))
        return false;
    if (algorithm.pss && (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) <= 0 ||
                          EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) <= 0))
        return false;
    return succeeded(
        EVP_DigestVerify(context.get(), data_of(bytes), bytes.size(), data_of(text), text.size()));
}

Result<std::vector<Jwk>> parse_jwks(std::string_view text, std::vector<std::string>& left_out) {
    const auto json = Json::parse(text);
    if (!json) return json.error();
    const auto items = (*json)["keys"].items();
    if (items.size() > most_keys) return refusal(fmt::format("there are more than {} keys", most_keys));
    std::vector<Jwk> keys;
    for (const Json& item : items) {
        auto key = Jwk::parse(item);
        if (key) {
            keys.push_back(std::move(*key));
        } else {
            left_out.push_back(
                fmt::format("key {}: {}", in_quotes(text_of(item, "kid")), key.error().message));
        }
    }
    if (keys.empty()) return refusal("there is no key that can be used");
    return keys;
}

}  // namespace rill::auth
