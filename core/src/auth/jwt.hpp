// JSON Web Tokens (RFC 7519) in the compact form (RFC 7515 §7.1).
#pragma once

#include "auth/jwk.hpp"
#include "auth/permission.hpp"

#include <rill/json.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::auth {

/// A token taken apart. Nothing in it is true before verify_signature().
struct Jwt {
    const Algorithm* algorithm = nullptr;  ///< never null
    std::string key_id;                    ///< "": it names none
    Json claims;
    std::string signed_text;
    std::string signature;
};

/// Error: unauthorized with the reason: no token, an algorithm that is not known, or a header with demands
/// (`crit`) that are not understood.
Result<Jwt> parse_jwt(std::string_view text);

/// Whether one of the keys signed it. A key id must agree where the token has one.
bool is_signed_by(const Jwt& jwt, std::span<const Jwk> keys);

/// What the claims are checked for.
struct ClaimRules {
    std::string permissions;  ///< the key of the claim
    std::string issuer;       ///< "": any
    std::string audience;     ///< "": any
};

/// What a verified token says.
struct Claims {
    std::string user;  ///< `sub`, or ""
    std::vector<Permission> permissions;
    std::int64_t not_before = INT64_MIN;  ///< UTC, seconds since 1970
    std::int64_t expires = INT64_MAX;     ///< from then on it is worth nothing
};
/// Checks issuer and audience; the times are for the caller, who may keep the claims. Error: unauthorized.
Result<Claims> read_claims(const Json& claims, const ClaimRules& rules);

}  // namespace rill::auth
