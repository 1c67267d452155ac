// Answers as bytes.
#pragma once

#include <rill/http.hpp>

#include <string>
#include <string_view>

namespace rill::http {

/// The status line and the header fields of `response`. The server's own fields (Date, Server, Connection,
/// Content-Length) come from here; those in `response` are left out, and control characters in the others
/// become spaces.
std::string response_head(const Response& response, std::size_t body_bytes, bool keep_alive,
                          std::string_view date);

/// {"status":"error","error":reason}
Response refusal(int status, std::string_view reason);

/// Whether a response with this status has a body at all (RFC 9110 §6.4.1).
bool has_body(int status);

}  // namespace rill::http
