// What browsers show instead of a password: a cookie (RFC 6265).
#pragma once

#include "auth/credentials.hpp"
#include "auth/digest.hpp"

#include <rill/clock.hpp>
#include <rill/http.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>

namespace rill::auth {

/// A session is nothing but the credentials that somebody logged in with, kept for the browser: each request
/// is decided about anew, so it ends with its user. It also ends by itself, a while after it was last used
/// and with the process.
///
/// Threading: one thread.
class LoginSessions {
  public:
    static constexpr std::size_t limit = 1000;  ///< beyond it the longest unused ends
    static constexpr std::chrono::hours unused{12};
    static constexpr std::chrono::hours longest{24 * 7};

    explicit LoginSessions(const Clock& clock) : clock_(clock) {}

    /// The value of the cookie.
    std::string open(Credentials credentials);
    /// Of the session that the request shows; null: none. Valid until the next call. Pages of other origins
    /// cannot use the cookie to change anything, which the method says or `changes`: such requests show none.
    const Credentials* find(const http::Request& request, bool changes = false);
    void close(const http::Request& request);

    /// Set-Cookie for a value; "" makes the browser forget it. Never sent by pages of other sites, never
    /// shown to scripts.
    static std::string set_cookie(std::string_view value, bool secure);

  private:
    struct Session {
        Digest key;  ///< of the value, which is not kept
        Credentials credentials;
        std::chrono::nanoseconds opened{0};
        std::chrono::nanoseconds used{0};
    };
    using Sessions = std::list<Session>;

    Sessions::iterator locate(const http::Request& request);
    void drop_ended();

    const Clock& clock_;
    Sessions sessions_;  // the last used first
};

/// Of an Origin (RFC 6454 §6.1): "https://host:port" is "host:port".
std::string_view authority_of(std::string_view origin);

}  // namespace rill::auth
