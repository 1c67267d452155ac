#include "auth/jwt_method.hpp"

#include <utility>

namespace rill::auth {
namespace {

constexpr std::size_t verified_limit = 1024;
constexpr std::chrono::seconds verified_life{60};

Verdict wrong(std::string reason) {
    return {.kind = Verdict::Kind::wrong, .user = {}, .reason = std::move(reason)};
}

}  // namespace

JwtMethod::JwtMethod(std::string jwks_url, ClaimRules rules, std::vector<Permission> exclude, Loop& loop,
                     const Clock& clock, Now now, std::chrono::milliseconds time_limit)
    : rules_(std::move(rules)),
      exclude_(std::move(exclude)),
      now_(std::move(now)),
      verified_(clock, verified_limit, verified_life),
      keys_(std::move(jwks_url), loop, clock, time_limit) {}

void JwtMethod::refresh() {
    // A withdrawn key must not live on in what it signed.
    verified_.clear();
    keys_.refresh();
}

void JwtMethod::decide(const Request& request, Answer answer) {
    if (allow(exclude_, request.action, request.path))
        return answer({.kind = Verdict::Kind::allowed, .user = {}, .reason = {}});
    const Credentials& shown = request.credentials;
    const std::string& text = shown.token.empty() ? shown.password : shown.token;
    if (text.empty()) return answer({.kind = Verdict::Kind::missing, .user = {}, .reason = "no JWT"});
    if (const Claims* claims = verified_.find(text))
        return answer(apply(*claims, request.action, request.path));
    auto jwt = parse_jwt(text);
    if (!jwt) return answer(wrong(jwt.error().message));
    const std::string key_id = jwt->key_id;
    keys_.find(key_id, [this, text, jwt = std::move(*jwt), action = request.action, path = request.path,
                        answer = std::move(answer)](const std::shared_ptr<const std::vector<Jwk>>& keys) {
        answer(judge(text, jwt, action, path, keys.get()));
    });
}

Verdict JwtMethod::judge(const std::string& text, const Jwt& jwt, Action action, const std::string& path,
                         const std::vector<Jwk>* keys) {
    if (keys == nullptr)
        return {.kind = Verdict::Kind::undecided, .user = {}, .reason = "there are no keys to verify with"};
    if (!is_signed_by(jwt, *keys)) return wrong("the JWT is not signed by a known key");
    const auto claims = read_claims(jwt.claims, rules_);
    if (!claims) return {.kind = Verdict::Kind::forbidden, .user = {}, .reason = claims.error().message};
    verified_.put(text, *claims);
    return apply(*claims, action, path);
}

Verdict JwtMethod::apply(const Claims& claims, Action action, const std::string& path) const {
    const auto forbidden = [&](std::string reason) {
        return Verdict{.kind = Verdict::Kind::forbidden, .user = claims.user, .reason = std::move(reason)};
    };
    const std::int64_t now = now_();
    if (now >= claims.expires) return forbidden("the JWT has expired");
    if (now < claims.not_before) return forbidden("the JWT is not valid yet");
    if (!allow(claims.permissions, action, path)) return forbidden("the JWT does not permit this");
    return {.kind = Verdict::Kind::allowed, .user = claims.user, .reason = {}};
}

}  // namespace rill::auth
