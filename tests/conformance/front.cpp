#include "front.hpp"

#include "catch.hpp"
#include "util/directories.hpp"

namespace rill::test {

Front::Front(Stage& stage) : stage_(stage), router_(stage.hub) {
    http_.on_request([this](http::Exchange exchange) { router_.handle(std::move(exchange)); });
    http_.on_other_websocket([this](const http::Request& request) { return router_.websocket(request); });
    REQUIRE(http_.listen("127.0.0.1:0"));
}

std::vector<http::test::Reply> Front::call(const std::vector<std::string>& requests) {
    return with([port = port(), requests] {
        http::test::Client client(port);
        std::string all;
        for (const std::string& request : requests)
            all += request;
        client.send(all);
        std::vector<http::test::Reply> replies;
        for (const std::string& request : requests) {
            auto reply = client.read_reply(request.starts_with("HEAD"));
            if (!reply) break;
            replies.push_back(std::move(*reply));
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

Result<> Front::route(const std::string& path, http::Handler handler) {
    routes_.push_back(path);
    return router_.add(path, std::move(handler));
}

Result<> Front::path_route(const std::string& pattern, PathHandler handler) {
    path_routes_.push_back(pattern);
    return router_.add(pattern, std::move(handler));
}

Result<> Front::websocket(const std::string& path, http::WebSocketHandler handler) {
    websockets_.push_back(path);
    http_.on_websocket(path, std::move(handler));
    return ok();
}

Result<> Front::path_websocket(const std::string& pattern, PathWebSocketHandler handler) {
    std::string url = pattern;
    const std::string hole = "{path}";
    if (const auto at = url.find(hole); at != std::string::npos) url.replace(at, hole.size(), "cam1");
    websockets_.push_back(url);
    return router_.add(pattern, std::move(handler));
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
