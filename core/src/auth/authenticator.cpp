#include "auth/authenticator.hpp"

#include "auth/http_method.hpp"
#include "auth/internal_method.hpp"
#include "auth/jwt_method.hpp"
#include "auth/settings.hpp"
#include "util/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rill::auth {
namespace {

constexpr std::size_t most_delayed = 1000;
constexpr std::size_t most_logged = 256;
constexpr std::chrono::seconds logged_again{60};

constexpr std::array<std::string_view, 2> hook_schemes = {"http", "https"};
constexpr std::array<std::string_view, 3> jwks_schemes = {"https", "http", "file"};

constexpr const char* needs_credentials = "authentication is needed: send a user and password, or a token";
constexpr const char* needs_users =
    "this is answered only to addresses that the configuration names, by default this machine, until "
    "authInternalUsers has a user who may do it";

using Made = Result<std::unique_ptr<Method>>;

Made make_internal(const Options& options, const Authenticator::Site& site) {
    auto users = read_users(options);
    if (!users) return users.error();
    return std::make_unique<InternalMethod>(std::move(*users), site.loop, site.clock);
}

Made make_http(const Options& options, const Authenticator::Site& site) {
    auto url = read_url(options, "authHTTPAddress", hook_schemes);
    if (!url) return url.error();
    auto exclude = read_exclude(options, "authHTTPExclude");
    if (!exclude) return exclude.error();
    return std::make_unique<HttpMethod>(std::move(*url), std::move(*exclude), site.loop, site.time_limit);
}

Made make_jwt(const Options& options, const Authenticator::Site& site) {
    auto url = read_url(options, "authJWTJWKS", jwks_schemes);
    if (!url) return url.error();
    auto exclude = read_exclude(options, "authJWTExclude");
    if (!exclude) return exclude.error();
    ClaimRules rules{.permissions = options.text("authJWTClaimKey"),
                     .issuer = options.text("authJWTIssuer"),
                     .audience = options.text("authJWTAudience")};
    if (rules.permissions.empty())
        return Error{Code::invalid_config, "authJWTClaimKey: authMethod jwt needs the name of a claim here"};
    return std::make_unique<JwtMethod>(std::move(*url), std::move(rules), std::move(*exclude), site.loop,
                                       site.clock, site.now, site.time_limit);
}

Made make_method(const Options& options, const Authenticator::Site& site) {
    const std::string& name = options.text("authMethod");
    if (name == "http") return make_http(options, site);
    if (name == "jwt") return make_jwt(options, site);
    return make_internal(options, site);
}

}  // namespace

/// A request without its secrets, for as long as it is decided about.
struct Authenticator::Attempt {
    explicit Attempt(const Request& request)
        : address(request.address),
          shows_something(!request.credentials.empty()),
          text(fmt::format("address {}, protocol {}, action {}, path {}, user {}", request.address.text(),
                           request.protocol.empty() ? "http" : request.protocol, to_string(request.action),
                           in_quotes(request.path), in_quotes(request.credentials.user))) {}

    Address address;
    bool shows_something;
    std::string text;
};

Result<std::unique_ptr<Authenticator>> Authenticator::create(const Options& options, Site site) {
    site.loop.assert_owner();
    auto method = make_method(options, site);
    if (!method) return method.error();
    return std::make_unique<Authenticator>(std::move(*method), std::move(site));
}

Authenticator::Authenticator(std::unique_ptr<Method> method, Site site)
    : site_(std::move(site)), logged_(site_.clock, most_logged, logged_again), method_(std::move(method)) {}

Authenticator::~Authenticator() = default;

void Authenticator::authenticate(const Request& request, Answer answer) {
    site_.loop.assert_owner();
    const Attempt attempt(request);
    if (auto locked = lock_of(attempt)) return answer(std::move(*locked));
    if (is_signed_token(request.credentials.token))
        return conclude(attempt, judge_token(request), std::move(answer));
    method_->decide(request, [this, attempt, answer = std::move(answer)](const Verdict& verdict) {
        conclude(attempt, verdict, answer);
    });
}

std::optional<Error> Authenticator::lock_of(const Attempt& attempt) const {
    // Who shows nothing guesses nothing, and may be here for what is open to everybody.
    if (!attempt.shows_something) return {};
    const auto left = site_.guard.locked_for(attempt.address);
    if (left.count() == 0) return {};
    return Error{Code::too_many, fmt::format("too many wrong guesses from {}: try again in {} s",
                                             attempt.address.text(), left.count())};
}

Verdict Authenticator::judge_token(const Request& request) const {
    const auto grant = site_.tokens.verify(request.credentials.token);
    using Kind = Verdict::Kind;
    if (!grant) return {.kind = Kind::wrong, .user = {}, .reason = grant.error().message};
    if (grant->expires <= site_.now())
        return {.kind = Kind::forbidden, .user = {}, .reason = "the token has expired"};
    if (grant->action != request.action || grant->path != request.path)
        return {.kind = Kind::forbidden, .user = {}, .reason = "the token is for another path or action"};
    return {.kind = Kind::allowed, .user = {}, .reason = {}};
}

void Authenticator::conclude(const Attempt& attempt, const Verdict& verdict, Answer answer) {
    switch (verdict.kind) {
        case Verdict::Kind::allowed:
            // Of many guesses at once, those that are decided about last are not to be worth more.
            if (auto locked = lock_of(attempt)) return answer(std::move(*locked));
            return answer(Identity{verdict.user});
        case Verdict::Kind::missing:
            return answer(Error{Code::unauthorized, has_users() ? needs_credentials : needs_users});
        case Verdict::Kind::wrong:
            return refuse_guess(attempt, verdict, std::move(answer));
        case Verdict::Kind::forbidden:
            // Players ask again and again; the log says it once in a while.
            if (logged_.find(attempt.text) == nullptr) {
                log_.info("not permitted, {}: {}", attempt.text, verdict.reason);
                logged_.put(attempt.text, true);
            }
            return answer(Error{Code::unauthorized, "authentication failed: " + verdict.reason});
        case Verdict::Kind::undecided:
            return answer(Error{Code::unavailable, "authentication is not possible now: " + verdict.reason});
    }
}

void Authenticator::refuse_guess(const Attempt& attempt, const Verdict& verdict, Answer answer) {
    const auto penalty = site_.guard.wrong_guess(attempt.address);
    log_.warning("failed to authenticate: authentication failed, {}: {}", attempt.text, verdict.reason);
    if (penalty.locked) {
        log_.warning("locked out for {} s after too many wrong guesses: address {}",
                     site_.guard.locked_for(attempt.address).count(), attempt.address.text());
    }
    answer_later(penalty.delay, std::move(answer));
}

void Authenticator::answer_later(std::chrono::milliseconds delay, Answer answer) {
    Error error{Code::unauthorized, "authentication failed"};
    // Whoever fills the list by guessing gets no slower answers, but is locked out all the same.
    if (delayed_.size() >= most_delayed) return answer(std::move(error));
    const std::uint64_t number = next_delayed_++;
    delayed_[number] =
        site_.loop.after(delay, [this, number, error = std::move(error), answer = std::move(answer)] {
            // The timer's own function must outlive its end.
            const auto self = delayed_.extract(number);
            answer(error);
        });
}

}  // namespace rill::auth
