// Requests that are made on behalf of others.
#include "catch.hpp"
#include "harness.hpp"

#include <rill/http_cors.hpp>
#include <rill/http_inner.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

std::string to_text(const Response& response) {
    std::string text;
    for (const auto& piece : response.body) {
        gsize size = 0;
        const void* const data = g_bytes_get_data(piece.get(), &size);
        text.append(static_cast<const char*>(data), size);
    }
    return text;
}

Request request_to(std::string path) {
    Request request;
    request.method = "GET";
    request.path = std::move(path);
    return request;
}

}  // namespace

TEST_CASE("an inner request is answered in other words, from any thread", "[http][inner]") {
    Harness harness;
    std::thread other;
    harness.server().on_request([&](Exchange exchange) {
        const auto outer = std::make_shared<Exchange>(std::move(exchange));
        auto inner = inner_exchange(
            outer, request_to("/inner"), {.response = [outer](const Response& response) {
                outer->respond(Response::text(response.status, "text/plain", "said: " + to_text(response)));
            }});
        other = std::thread([inner = std::make_shared<Exchange>(std::move(inner))] {
            const std::string path = inner->request().path;
            inner->respond(Response::text(404, "text/plain", path));
            inner->respond(Response::no_content());
        });
    });
    const auto reply = harness.call(get("/outer"));
    other.join();
    REQUIRE(reply);
    CHECK(reply->status == 404);
    CHECK(reply->body == "said: /inner");
}

TEST_CASE("one inner request leads to the next", "[http][inner]") {
    Harness harness;
    harness.server().on_request([&](Exchange exchange) {
        const auto outer = std::make_shared<Exchange>(std::move(exchange));
        auto first =
            inner_exchange(outer, request_to("/first"), {.response = [outer](const Response& response) {
                               auto second = inner_exchange(
                                   outer, request_to(to_text(response)),
                                   {.response = [outer](Response last) { outer->respond(std::move(last)); }});
                               echo_path(std::move(second));
                           }});
        first.respond(Response::text(200, "text/plain", "/second"));
    });
    CHECK(harness.call(get("/"))->body == "/second");
}

TEST_CASE("who drops an inner request has answered it", "[http][inner]") {
    Harness harness;
    harness.server().on_request([&](Exchange exchange) {
        const auto outer = std::make_shared<Exchange>(std::move(exchange));
        const auto dropped =
            inner_exchange(outer, request_to("/"),
                           {.response = [outer](Response response) { outer->respond(std::move(response)); }});
    });
    const auto reply = harness.call(get("/"));
    REQUIRE(reply);
    CHECK(reply->status == 500);
}

TEST_CASE("whose pages may read an answer is said by the outer exchange alone", "[http][inner]") {
    Harness harness;
    const auto all = std::make_shared<const Cors>(std::vector<std::string>{"*"});
    const auto one = std::make_shared<const Cors>(std::vector<std::string>{"https://example.org"});
    bool is_allowed = false;
    harness.server().on_request([&](Exchange exchange) {
        if (is_allowed) exchange.allow(one);
        const auto outer = std::make_shared<Exchange>(std::move(exchange));
        auto inner =
            inner_exchange(outer, request_to("/"),
                           {.response = [outer](Response response) { outer->respond(std::move(response)); }});
        inner.allow(all);
        auto response = Response::no_content();
        all->apply("https://example.org", response);
        inner.respond(std::move(response));
    });
    const std::string origin = "Origin: https://example.org\r\n";
    CHECK(harness.call(get("/", origin))->headers.count("access-control-allow-origin") == 0);
    is_allowed = true;
    CHECK(harness.call(get("/", origin))->headers.at("access-control-allow-origin") == "https://example.org");
}

TEST_CASE("an inner request is abandoned with its client, and not after its answer", "[http][inner]") {
    Harness harness;
    std::optional<Exchange> inner;
    std::shared_ptr<Exchange> outer;
    harness.server().on_request([&](Exchange exchange) {
        outer = std::make_shared<Exchange>(std::move(exchange));
        inner = inner_exchange(outer, request_to("/"), {.response = [](const Response&) {}});
    });
    auto client = std::make_unique<Client>(harness.port());
    client->send(get("/"));
    REQUIRE(Harness::until([&] { return inner.has_value(); }));
    const auto token = std::make_shared<int>();
    int abandoned = 0;
    inner->on_abandoned([&abandoned, token] { ++abandoned; });

    SECTION("the client goes") {
        client.reset();
        CHECK(Harness::until([&] { return abandoned == 1; }));
    }
    SECTION("it is answered") {
        inner->respond(Response::no_content());
        CHECK(token.use_count() == 1);
        inner->on_abandoned([token] {});
        CHECK(token.use_count() == 1);
        client.reset();
        REQUIRE(Harness::until([&] { return harness.server().statistics().connections == 0; }));
        CHECK(abandoned == 0);
    }
}

TEST_CASE("an inner request is answered with a WebSocket where one is expected", "[http][inner]") {
    Harness harness;
    bool is_expected = true;
    harness.server().on_request([&](Exchange exchange) {
        const auto outer = std::make_shared<Exchange>(std::move(exchange));
        InnerAnswers answers{.response = [outer](Response response) { outer->respond(std::move(response)); }};
        if (is_expected)
            answers.upgrade = [outer](WebSocketHandler handler) { outer->upgrade(std::move(handler)); };
        auto inner = inner_exchange(outer, request_to("/"), std::move(answers));
        inner.upgrade([](const std::shared_ptr<WebSocket>& socket) { socket->close(1000, ""); });
        inner.respond(Response::no_content());
    });
    const std::string handshake =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    CHECK(harness.call(get("/", handshake))->status == 101);
    is_expected = false;
    CHECK(harness.call(get("/", handshake))->status == 500);
}
