// The request line and the header fields (RFC 9112 §2 to §6).
#pragma once

#include "target.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rill::http {

struct RequestHead {
    std::string method;
    Target target;
    std::map<std::string, std::string> headers;  ///< names in lower case, repeated ones joined
    bool http_1_0 = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool asks_server_options = false;  ///< "OPTIONS *": the target is empty
    bool chunked = false;
    std::uint64_t content_length = 0;  ///< of a body that is not chunked

    bool has_body() const { return chunked || content_length > 0; }
    std::string_view header(const std::string& name) const;
};

/// Why a request is not served. After it the two sides may disagree about where the next one begins.
struct Refusal {
    int status;
    std::string reason;
};

/// `text` ends with the empty line. Strict: every line ends with CRLF, and whatever two implementations could
/// understand differently (RFC 9112 §11.2, request smuggling) is refused.
std::variant<RequestHead, Refusal> parse_request_head(std::string_view text);

/// Whether `token` is an element of a comma-separated header, in any case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace rill::http
