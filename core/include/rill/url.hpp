// URLs as people write them for cameras: with passwords that nobody percent-encoded.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill {

/// A URL taken apart. User and password are percent-decoded and secret.
struct Url {
    std::string scheme;  ///< lower case: "rtsp", "rtsp+http"
    bool has_user = false;
    std::string user;
    std::string password;
    std::string host;        ///< an IPv6 address is without its brackets
    std::uint16_t port = 0;  ///< 0: not given
    std::string target;  ///< path and query as written, unsafe bytes percent-encoded; "" or "/…" or "?…"

    bool operator==(const Url& other) const = default;
};

/// Reads `scheme://[user[:password]@]host[:port][/path][?query]` (RFC 2326 §3.2: no fragment).
///
/// '@', '/', '?', '#' and ':' may stand unencoded in the password. Each '@' may then be the one in front of
/// the host; the best reading is the one whose host is an address, a dotted name or localhost, then one with
/// a port, then the first. An '@' in the query counts only when no host can be found before the query. A '%'
/// that starts no sequence of two hex digits stands for itself.
///
/// Error: invalid_config; the message never holds any part of the text.
Result<Url> split_url(std::string_view text);

/// The URL without user and password.
std::string without_credentials(const Url& url);

}  // namespace rill
