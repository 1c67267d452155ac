// A service that issues JWTs: keys of every kind, and tokens right and wrong.
#pragma once

#include "auth/openssl.hpp"

#include <rill/json.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rill::auth::test {

class IssuerKey {
  public:
    /// For one algorithm of RFC 7518 or 8037. RSA keys have `rsa_bits`, shared secrets 64 bytes.
    explicit IssuerKey(std::string algorithm, std::string id = "k1", unsigned rsa_bits = 2048);

    /// The public key, or the shared secret, as a JWK.
    Json jwk() const;
    std::string sign(std::string_view text) const;
    /// A token with the claims; `header` is added to its header, or replaces what is there.
    std::string token(const Json& claims, const Json& header = Json::object()) const;
    const std::string& algorithm() const { return algorithm_; }

  private:
    std::string parameter(const char* name) const;
    std::size_t coordinate() const;  // bytes, of an EC key

    const std::string algorithm_, id_;
    std::string secret_;
    std::shared_ptr<EVP_PKEY> key_;
};

std::string jwks(std::span<const Json> keys);
/// `header.claims.signature`, with any signature.
std::string compact(const Json& header, const Json& claims, std::string_view signature);

}  // namespace rill::auth::test
