// What a client shows to say who it is.
#pragma once

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <string>
#include <string_view>

namespace rill::auth {

/// All of it is secret but the user, and of unknown origin.
struct Credentials {
    std::string user;
    std::string password;
    std::string token;  ///< a JWT or a signed token

    /// The client has shown nothing yet, and is to be asked.
    bool empty() const { return user.empty() && password.empty() && token.empty(); }
};

/// The longest header that is read, in bytes. A JWT with many permissions fits.
inline constexpr std::size_t longest_authorization = 16u << 10;

/// Reads the header Authorization: Basic (RFC 7617), Bearer (RFC 6750) with a token, or, as MediaMTX takes
/// it, with "user:password". No header, and a scheme that is not known here, say nothing. Error:
/// unauthorized; the message holds no part of the header.
Result<Credentials> parse_authorization(std::string_view header);

/// The header, or else a signed token in the query's `token`, for players that cannot send headers. Other
/// credentials in the query are not read: URLs end up in logs. Error: as parse_authorization().
Result<Credentials> credentials_of(const http::Request& request);

}  // namespace rill::auth
