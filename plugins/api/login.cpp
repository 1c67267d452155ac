#include "login.hpp"

#include "asked.hpp"

#include <rill/access.hpp>
#include <rill/clock.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace rill::api {

namespace {

using CorsPtr = std::shared_ptr<const http::Cors>;

constexpr std::chrono::seconds default_life = std::chrono::minutes(10);
constexpr auto with_path = "a body is JSON: {\"path\":…,\"action\":\"read\"|\"playback\"|\"publish\"}";

/// A body of another type could come from a form on any page (Fetch, "CORS-safelisted request-header").
Result<Json> json_body(const http::Request& request) {
    if (request.content_type() != "application/json")
        return Error{Code::invalid_config, "a body is JSON, with Content-Type: application/json"};
    auto body = Json::parse(request.body);
    if (!body) return body.error();
    if (!body->is_object()) return Error{Code::invalid_config, "a body is a JSON object"};
    return body;
}

/// GET: who is logged in. POST: log in. DELETE: log out.
void answer_login(Access& access, const Asked& asked) {
    const http::Request& request = asked.request();
    if (request.method == "GET") {
        const auto user = access.session_user(request);
        return asked.respond(
            Json::object().set("user", user ? Json(*user) : Json()).set("hasUsers", access.has_users()));
    }
    if (request.method == "DELETE") {
        auto done = http::Response::json(200, Json::object().set("status", "ok").dump());
        return asked.respond(std::move(done.header("set-cookie", access.log_out(request))));
    }
    if (request.method != "POST") return asked.refuse_method("GET, POST, DELETE");
    const auto body = json_body(request);
    if (!body) return asked.fail(body.error());
    const auto user = (*body)["user"].text();
    const auto password = (*body)["password"].text();
    if (!user || !password)
        return asked.fail(
            {Code::invalid_config, "a body is {\"user\":…,\"password\":…}, perhaps with a \"path\""});
    const Json& asked_path = (*body)["path"];
    const auto path = asked_path.text();
    if (!path && !asked_path.is_null()) return asked.fail({Code::invalid_config, "\"path\" is a text"});
    const Purpose purpose = path ? Purpose{Action::read, *path, "webrtc"} : Purpose{Action::api, "", ""};
    access.log_in(request, purpose, *user, *password, [asked](Result<Access::Session> session) {
        // No demand for credentials: the page has asked for them.
        if (!session) return asked.fail(session.error());
        auto done = http::Response::json(200, Json::object().set("user", session->user).dump());
        asked.respond(std::move(done.header("set-cookie", session->cookie)));
    });
}

struct TokenRequest {
    Action action = Action::read;
    std::string path;
    std::chrono::seconds life = default_life;
};

Result<TokenRequest> read_token_request(const http::Request& request) {
    const auto body = json_body(request);
    if (!body) return body.error();
    const auto path = (*body)["path"].text();
    const Json& asked_action = (*body)["action"];
    const auto action = parse_action(asked_action.is_null() ? "read" : asked_action.text().value_or(""));
    if (!path || path->empty() || !action || !concerns_path(*action))
        return Error{Code::invalid_config, with_path};
    TokenRequest wanted{*action, *path};
    if (const Json& life = (*body)["expiresIn"]; !life.is_null()) {
        if (!life.integer()) return Error{Code::invalid_config, "\"expiresIn\" is a number of whole seconds"};
        wanted.life = std::chrono::seconds(*life.integer());
    }
    return wanted;
}

/// A token opens what its maker may open himself.
void answer_tokens(Access& access, const CorsPtr& cors, http::Exchange exchange) {
    const http::Request& request = exchange.request();
    if (request.method == "OPTIONS") return exchange.respond(cors->preflight());
    if (request.method != "POST")
        return exchange.respond(http::Response::method_not_allowed(request.method, "POST"));
    const auto wanted = read_token_request(request);
    if (!wanted) return exchange.fail(wanted.error());
    admit(access, std::move(exchange), {wanted->action, wanted->path, ""},
          [&access, wanted = *wanted](http::Exchange admitted) {
              const Asked asked(std::move(admitted));
              const auto token = access.sign(asked.request(), wanted.action, wanted.path, wanted.life);
              if (!token) return asked.fail(token.error());
              const std::int64_t end_us = utc_now_us() + std::chrono::microseconds(wanted.life).count();
              asked.respond(Json::object()
                                .set("token", *token)
                                .set("action", to_string(wanted.action))
                                .set("path", wanted.path)
                                .set("expires", rfc3339(end_us)));
          });
}

void refresh_keys(Access& access, const Asked& asked) {
    if (asked.request().method != "POST") return asked.refuse_method("POST");
    access.refresh_keys();
    asked.respond(Json::object().set("status", "ok"));
}

}  // namespace

Result<> add_login_routes(ControllerHost& host, std::shared_ptr<const http::Cors> cors) {
    Access& access = host.access();
    auto added = host.route("/api/v1/login", {Needs::nothing, Counts::request},
                            [&access, cors](http::Exchange exchange) {
                                if (exchange.request().method == "OPTIONS")
                                    return exchange.respond(cors->preflight());
                                answer_login(access, Asked(std::move(exchange)));
                            });
    if (added)
        added = host.route(
            "/api/v1/tokens", {Needs::handler_asks, Counts::request},
            [&access, cors](http::Exchange exchange) { answer_tokens(access, cors, std::move(exchange)); });
    if (added)
        added = host.route("/v3/auth/jwks/refresh", {Needs::api, Counts::request},
                           [&access, cors](http::Exchange exchange) {
                               if (exchange.request().method == "OPTIONS")
                                   return exchange.respond(cors->preflight());
                               refresh_keys(access, Asked(std::move(exchange)));
                           });
    return added;
}

}  // namespace rill::api
