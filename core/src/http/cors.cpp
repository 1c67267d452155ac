#include <rill/http_cors.hpp>

#include <algorithm>
#include <utility>

namespace rill::http {
namespace {

void add_unless_empty(Response& response, std::string_view name, std::string_view value) {
    if (!value.empty()) response.header(name, value);
}

}  // namespace

Cors::Cors(std::vector<std::string> origins, CorsTerms terms)
    : is_any_(std::ranges::find(origins, "*") != origins.end()),
      origins_(std::move(origins)),
      terms_(terms) {}

void Cors::apply(std::string_view origin, Response& response) const {
    if (is_any_) {
        response.header("Access-Control-Allow-Origin", "*");
    } else {
        // Also where the origin is not allowed: a cache must not give this answer to another one ("CORS
        // protocol and HTTP caches").
        response.header("Vary", "Origin");
        if (std::ranges::find(origins_, origin) == origins_.end()) return;
        response.header("Access-Control-Allow-Origin", origin);
        if (terms_.credentials) response.header("Access-Control-Allow-Credentials", "true");
    }
    add_unless_empty(response, "Access-Control-Expose-Headers", terms_.exposed_headers);
}

Response Cors::preflight() const {
    Response response = Response::no_content();
    add_unless_empty(response, "Access-Control-Allow-Methods", terms_.methods);
    add_unless_empty(response, "Access-Control-Allow-Headers", terms_.request_headers);
    return response;
}

}  // namespace rill::http
