// Who may do what: the one place that every protocol and route asks.
#pragma once

#include "auth/guard.hpp"
#include "auth/method.hpp"
#include "auth/recent.hpp"
#include "auth/signed_token.hpp"

#include <rill/access.hpp>
#include <rill/clock.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace rill::auth {

/// Made anew with each configuration. What must outlive that is in its Site.
///
/// Each wrong guess is logged in one line, the same for all protocols, for programs such as fail2ban:
///
///     WAR [auth] failed to authenticate: authentication failed, address 192.0.2.7, protocol rtsp, action
///     read, path "cam1", user "bob": wrong user or password
///
/// What a client says itself is escaped and stands behind the address. No line holds a password or a token.
///
/// Threading: made, used and destroyed on the loop's thread.
class Authenticator {
  public:
    /// What is used and not owned.
    struct Site {
        Loop& loop;
        Guard& guard;
        const TokenSigner& tokens;
        std::chrono::milliseconds time_limit;  ///< for an answer of the hook or of the JWKS's server
        const Clock& clock = system_clock();
        std::function<std::int64_t()> now = [] { return utc_now_us() / 1'000'000; };  ///< UTC, s since 1970
    };
    /// `options` are those of auth_options(). Error: invalid_config, naming the key.
    static Result<std::unique_ptr<Authenticator>> create(const Options& options, Site site);

    Authenticator(std::unique_ptr<Method> method, Site site);
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;
    /// Answers that are due are given up: they are destroyed and not called.
    ~Authenticator();

    /// Errors: unauthorized, with a demand for credentials (RFC 9110 §11.6.1) to be sent along; too_many when
    /// the address is locked out; unavailable when nobody could decide, which allows nothing.
    using Answer = std::function<void(Result<Identity>)>;
    /// `answer` is called once, before this returns or later. Right credentials of the configuration, JWTs
    /// and signed tokens are answered before.
    void authenticate(const Request& request, Answer answer);
    /// Whether there is anybody who could show that he is one who may do more.
    bool has_users() const { return method_->has_users(); }
    /// Fetches the JWKS anew (POST /v3/auth/jwks/refresh).
    void refresh_keys() { method_->refresh(); }

  private:
    struct Attempt;

    std::optional<Error> lock_of(const Attempt& attempt) const;
    Verdict judge_token(const Request& request) const;
    void conclude(const Attempt& attempt, const Verdict& verdict, Answer answer);
    void refuse_guess(const Attempt& attempt, const Verdict& verdict, Answer answer);
    void answer_later(std::chrono::milliseconds delay, Answer answer);

    const Site site_;
    const Log log_{"auth"};
    Recent<bool> logged_;  // refusals that are no guesses
    std::uint64_t next_delayed_ = 0;
    std::map<std::uint64_t, Timer> delayed_;
    const std::unique_ptr<Method> method_;
};

}  // namespace rill::auth
