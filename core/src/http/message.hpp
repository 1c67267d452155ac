// Answers as bytes.
#pragma once

#include <rill/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::http {

/// How the client knows where the body ends (RFC 9112 §6).
struct Framing {
    enum class Kind { length, chunked, until_close };
    Kind kind;
    std::uint64_t length = 0;  ///< bytes; of Kind::length
};
Framing framing_of(const Response& response, bool http_1_0);

/// The status line and the header fields of `response`. The server's own fields (Date, Server, Connection,
/// and those of the framing) come from here; those in `response` are left out, and control characters in the
/// others become spaces.
std::string response_head(const Response& response, const Framing& framing, bool keep_alive,
                          std::string_view date);

/// {"status":"error","error":reason}
Response refusal(int status, std::string_view reason);

/// Whether a response with this status has a body at all (RFC 9110 §6.4.1).
bool has_body(int status);

}  // namespace rill::http
