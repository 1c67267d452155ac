// authMethod jwt: tokens that another service signed say who may do what.
#pragma once

#include "auth/jwks_cache.hpp"
#include "auth/jwt.hpp"
#include "auth/method.hpp"
#include "auth/recent.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rill::auth {

/// The token comes as Bearer, or as the password of Basic. What was verified is known for a minute, since
/// players show the same token with each segment.
class JwtMethod : public Method {
  public:
    using Now = std::function<std::int64_t()>;  ///< UTC, seconds since 1970

    /// `exclude` is allowed without a token.
    JwtMethod(std::string jwks_url, ClaimRules rules, std::vector<Permission> exclude, Loop& loop,
              const Clock& clock, Now now, std::chrono::milliseconds time_limit);
    void decide(const Request& request, Answer answer) override;
    void refresh() override;

  private:
    Verdict judge(const std::string& text, const Jwt& jwt, Action action, const std::string& path,
                  const std::vector<Jwk>* keys);
    Verdict apply(const Claims& claims, Action action, const std::string& path) const;

    const ClaimRules rules_;
    const std::vector<Permission> exclude_;
    const Now now_;
    Recent<Claims> verified_;  // by token
    JwksCache keys_;
};

}  // namespace rill::auth
