#include "front.hpp"

#include "catch.hpp"
#include "util/directories.hpp"

namespace rill::test {

namespace {

/// Server-Sent Events (WHATWG HTML §9.2) take their connection for themselves: the requests behind them go
/// over another one.
bool is_endless(const http::test::Reply& reply) {
    const auto type = reply.headers.find("content-type");
    return type != reply.headers.end() && type->second == "text/event-stream";
}

}  // namespace

Front::Front(Stage& stage) : stage_(stage), router_(stage.hub, access_) {
    http_.on_request([this](http::Exchange exchange) { router_.handle(std::move(exchange)); });
    REQUIRE(http_.listen("127.0.0.1:0"));
}

std::vector<http::test::Reply> Front::call(const std::vector<std::string>& requests) {
    return with([port = port(), requests] {
        std::vector<http::test::Reply> replies;
        while (replies.size() < requests.size()) {
            http::test::Client client(port);
            std::string rest;
            for (std::size_t at = replies.size(); at < requests.size(); ++at)
                rest += requests[at];
            client.send(rest);
            bool goes_on = false;
            while (!goes_on && replies.size() < requests.size()) {
                auto reply = client.read_reply(requests[replies.size()].starts_with("HEAD"));
                if (!reply) return replies;
                goes_on = is_endless(*reply) && !requests[replies.size()].starts_with("HEAD");
                replies.push_back(std::move(*reply));
            }
        }
        return replies;
    });
}

http::test::Reply Front::only_answer(const std::string& text) {
    const auto replies = call({text, request("GET", "/nothing/at/all")});
    REQUIRE_FALSE(replies.empty());
    if (replies.size() == 2) {
        CHECK(replies[1].body.find("/nothing/at/all") != std::string::npos);
    } else {
        // Whose request makes no sense, or is too large, is not listened to any longer.
        CHECK(replies[0].headers.at("connection") == "close");
    }
    return replies[0];
}

Result<> Front::route(const std::string& path, RouteTerms terms, http::Handler handler) {
    routes_.push_back(path);
    return router_.add(path, terms, {}, std::move(handler));
}

Result<> Front::path_route(const std::string& pattern, RouteTerms terms, PathHandler handler) {
    path_routes_.push_back(pattern);
    return router_.add(pattern, terms, {}, std::move(handler));
}

Result<> Front::websocket(const std::string& path, Needs needs, http::WebSocketHandler handler) {
    websockets_.push_back(path);
    return router_.add_websocket(path, needs, {}, std::move(handler));
}

Result<> Front::path_websocket(const std::string& pattern, Needs needs, PathWebSocketHandler handler) {
    std::string url = pattern;
    const std::string hole = "{path}";
    if (const auto at = url.find(hole); at != std::string::npos) url.replace(at, hole.size(), "cam1");
    websockets_.push_back(url);
    return router_.add_websocket(pattern, needs, {}, std::move(handler));
}

std::filesystem::path Front::web_directory() const {
    return rill::web_directory();
}

std::string request(std::string_view method, std::string_view target, std::string_view more_headers,
                    std::string_view body) {
    return fmt::format("{} {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", method, target,
                       body.size(), more_headers, body);
}

}  // namespace rill::test
