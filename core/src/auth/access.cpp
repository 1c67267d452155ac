#include "auth/signed_token.hpp"

#include <rill/access.hpp>

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace rill {

namespace {

constexpr std::string_view for_programs = "Basic realm=\"rill\", charset=\"UTF-8\"";
/// A browser asks its user for a password when a script gets a demand for Basic; the pages have a form.
constexpr std::string_view for_scripts = "Bearer realm=\"rill\"";

/// Fetch Metadata is sent by browsers, to servers that they trust; our pages say what they accept.
bool is_script(const http::Request& request) {
    const std::string_view mode = request.header("sec-fetch-mode");
    if (!mode.empty()) return mode != "navigate";
    return request.header("accept").starts_with("application/json");
}

}  // namespace

std::string_view to_string(Action action) {
    switch (action) {
        case Action::publish:
            return "publish";
        case Action::read:
            return "read";
        case Action::playback:
            return "playback";
        case Action::api:
            return "api";
        case Action::metrics:
            return "metrics";
        case Action::pprof:
            return "pprof";
    }
    return "";
}

std::optional<Action> parse_action(std::string_view text) {
    for (const Action action :
         {Action::publish, Action::read, Action::playback, Action::api, Action::metrics, Action::pprof}) {
        if (text == to_string(action)) return action;
    }
    return {};
}

bool concerns_path(Action action) {
    return action == Action::publish || action == Action::read || action == Action::playback;
}

http::Response refused(const http::Request& request, const Error& error) {
    http::Response response = http::Response::error(error);
    response.header("cache-control", "no-store");
    if (error.code == Code::unauthorized)
        response.header("www-authenticate", is_script(request) ? for_scripts : for_programs);
    return response;
}

std::string token_query(const http::Request& request) {
    // What nobody has looked at may be of any length, and is in no answer.
    if (!request.header("authorization").empty()) return "";
    const auto token = request.query.find("token");
    if (token == request.query.end() || !auth::is_signed_token(token->second)) return "";
    return fmt::format("token={}", token->second);
}

void admit(Access& access, http::Exchange exchange, const Purpose& purpose,
           std::function<void(http::Exchange)> then) {
    // std::function needs a copyable capture.
    const auto waiting = std::make_shared<http::Exchange>(std::move(exchange));
    access.ask(waiting->request(), purpose, [waiting, then = std::move(then)](Result<Identity> identity) {
        if (!identity) return waiting->respond(refused(waiting->request(), identity.error()));
        waiting->identify(std::move(identity->user));
        then(std::move(*waiting));
    });
}

}  // namespace rill
