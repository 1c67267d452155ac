// Keys that verify JWTs: JSON Web Keys (RFC 7517), and the algorithms that each may be used with (RFC 7518,
// 8037).
#pragma once

#include <rill/json.hpp>
#include <rill/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace rill::auth {

enum class KeyType { rsa = 1, p256, p384, p521, ed25519, symmetric };

/// One algorithm of a JWS. Each goes with one type of key, so a public key is never taken for a shared
/// secret.
struct Algorithm {
    std::string_view name;  ///< "RS256"
    KeyType type;
    std::string_view digest;  ///< OpenSSL's name; "" for Ed25519, which has its own
    bool pss = false;
    std::size_t least_bytes = 0;  ///< of a shared secret (RFC 7518 §3.2)
};
/// Null: it is not known, or is "none", which verifies nothing.
const Algorithm* find_algorithm(std::string_view name);

/// A key to verify with. Threading: const calls on any thread.
class Jwk {
  public:
    /// Error: invalid_config with the reason; it is no key for signatures, not of a known type, or too weak.
    static Result<Jwk> parse(const Json& json);

    const std::string& id() const { return id_; }  ///< "": none
    bool is_for(const Algorithm& algorithm) const;
    /// `algorithm` must be one that the key is for.
    bool verify(const Algorithm& algorithm, std::string_view text, std::string_view signature) const;

  private:
    KeyType type_ = KeyType::symmetric;
    std::string id_;
    std::string algorithm_;  // the only one, or ""
    std::string secret_;
    std::shared_ptr<evp_pkey_st> public_key_;
};

/// A set (RFC 7517 §5). What is no key for signatures is left out, and said in `left_out`, as is right for
/// sets with keys of the future. Error: invalid_config when it is no set, or has no key that can be used.
Result<std::vector<Jwk>> parse_jwks(std::string_view text, std::vector<std::string>& left_out);

}  // namespace rill::auth
