#include "auth/http_method.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

namespace rill::auth {
namespace {

std::string body_of(const Request& request) {
    return Json::object()
        .set("ip", request.address.text())
        .set("user", request.credentials.user)
        .set("password", request.credentials.password)
        .set("token", request.credentials.token)
        .set("action", to_string(request.action))
        .set("path", request.path)
        .set("protocol", request.protocol)
        .set("id", request.id.empty() ? Json() : Json(request.id))
        .set("query", request.query)
        .set("userAgent", request.user_agent)
        .dump();
}

/// The body of the answer is not passed on: nobody knows what it holds.
Verdict verdict_of(unsigned status, const Credentials& credentials) {
    using Kind = Verdict::Kind;
    const std::string reason = fmt::format("the authentication service answered {}", status);
    if (status >= 200 && status < 300) return {.kind = Kind::allowed, .user = credentials.user, .reason = {}};
    if (status < 400 || status >= 500)
        return {.kind = Kind::undecided, .user = credentials.user, .reason = reason};
    return {.kind = credentials.empty() ? Kind::missing : Kind::wrong,
            .user = credentials.user,
            .reason = reason};
}

}  // namespace

HttpMethod::HttpMethod(std::string url, std::vector<Permission> exclude, Loop& loop,
                       std::chrono::milliseconds time_limit)
    : url_(std::move(url)), exclude_(std::move(exclude)), fetch_(loop, time_limit) {}

void HttpMethod::decide(const Request& request, Answer answer) {
    if (allow(exclude_, request.action, request.path))
        return answer({.kind = Verdict::Kind::allowed, .user = {}, .reason = {}});
    fetch_.post_json(
        url_, body_of(request),
        [this, credentials = request.credentials, answer = std::move(answer)](const auto& reply) {
            if (!reply) {
                log_.error("{} decides nothing: {}", mask_credentials(url_), reply.error().message);
                return answer({.kind = Verdict::Kind::undecided,
                               .user = credentials.user,
                               .reason = "the authentication service gave no answer"});
            }
            answer(verdict_of(reply->status, credentials));
        });
}

}  // namespace rill::auth
