#include "forward.hpp"

#include <rill/http_inner.hpp>
#include <rill/ref.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill::dialects {

namespace {

std::string to_raw_query(const std::map<std::string, std::string>& query) {
    std::string text;
    for (const auto& [key, value] : query) {
        const auto escaped = Owned<char>(g_uri_escape_string(value.c_str(), nullptr, FALSE));
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", key, escaped.get());
    }
    return text;
}

}  // namespace

http::Request request_for(const http::Request& client, Wanted wanted) {
    http::Request request = client;
    request.service.clear();  // what is asked for is not ours alone
    request.method = std::move(wanted.method);
    request.path = std::move(wanted.path);
    request.encoded_slash = std::string::npos;
    request.raw_query = to_raw_query(wanted.query);
    request.query = std::move(wanted.query);
    request.body = std::move(wanted.body);
    request.headers["content-length"] = std::to_string(request.body.size());
    if (!request.body.empty()) request.headers["content-type"] = "application/json";
    return request;
}

void ask(ControllerHost& host, const std::shared_ptr<http::Exchange>& outer, Wanted wanted,
         Answered answered) {
    http::Request request = request_for(outer->request(), std::move(wanted));
    host.dispatch(http::inner_exchange(outer, std::move(request), {.response = std::move(answered)}));
}

void forward(ControllerHost& host, http::Exchange exchange, Wanted wanted,
             std::function<http::Response(http::Response)> reshape) {
    const auto outer = std::make_shared<http::Exchange>(std::move(exchange));
    ask(host, outer, std::move(wanted), [outer, reshape = std::move(reshape)](http::Response response) {
        outer->respond(reshape(std::move(response)));
    });
}

std::string body_of(const http::Response& response) {
    std::string text;
    for (const auto& piece : response.body) {
        gsize size = 0;
        const auto* const data = static_cast<const char*>(g_bytes_get_data(piece.get(), &size));
        text.append(data, size);
    }
    return text;
}

http::Response reshape_json(http::Response response, const std::function<Json(const Json&)>& reshape) {
    if (response.status >= 300 || response.content_type != "application/json") return response;
    const auto body = Json::parse(body_of(response));
    if (!body) return response;
    const std::string text = reshape(*body).dump();
    response.body.clear();
    response.body.push_back(Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size())));
    return response;
}

http::Response answer(int status, const Json& body) {
    auto response = http::Response::json(status, body.dump());
    response.header("cache-control", "no-store");
    return response;
}

http::Response answer_ok(std::string_view status) {
    return answer(200, Json::object().set("status", status));
}

}  // namespace rill::dialects
