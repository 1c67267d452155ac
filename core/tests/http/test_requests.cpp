// Requests and answers over real sockets.
#include "catch.hpp"
#include "harness.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

Ref<GBytes> bytes_of(const std::string& text) {
    return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
}

}  // namespace

TEST_CASE("every method reaches the handler", "[http]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        const Request& request = exchange.request();
        exchange.respond(Response::text(200, "text/plain", request.method + " " + request.body));
    });
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        const auto reply =
            harness.call(fmt::format("{} /a HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi", method));
        REQUIRE(reply);
        CHECK(reply->status == 200);
        CHECK(reply->body == fmt::format("{} hi", method));
    }
    const auto options = harness.call("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(options);
    CHECK(options->status == 204);
    CHECK(options->headers.at("allow").find("PATCH") != std::string::npos);
    CHECK(harness.server().statistics().requests == 7);
}

TEST_CASE("the handler sees the request", "[http]") {
    Harness harness;
    std::optional<Request> seen;
    harness.server().on_request([&](Exchange exchange) {
        seen = exchange.request();
        exchange.respond(Response::no_content());
    });
    const auto reply = harness.call(
        "POST /a%20b?x=1&y=%C3%A4 HTTP/1.1\r\nHost: t\r\nContent-Type: Application/SDP; charset=utf-8\r\n"
        "Content-Length: 3\r\n\r\nabc");
    REQUIRE(reply);
    CHECK(reply->status == 204);
    CHECK(reply->headers.count("content-length") == 0);
    REQUIRE(seen);
    CHECK(seen->path == "/a b");
    CHECK(seen->query["y"] == "\xc3\xa4");
    CHECK(seen->raw_query == "x=1&y=%C3%A4");
    CHECK(seen->content_type() == "application/sdp");
    CHECK(seen->header("host") == "t");
    CHECK(seen->header("missing").empty());
    CHECK(seen->body == "abc");
    CHECK(seen->remote.substr(0, 10) == "127.0.0.1:");
    CHECK(seen->local == fmt::format("127.0.0.1:{}", harness.port()));
}

TEST_CASE("answers carry what HTTP asks for", "[http]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        Response response = Response::json(201, "{}");
        response.header("Location", "/a\r\nX-Split: 1")
            .header("Content-Length", "999")
            .header("ETag", "\"1\"");
        exchange.respond(std::move(response));
    });
    const auto reply = harness.call(get("/"));
    REQUIRE(reply);
    CHECK(reply->status == 201);
    CHECK(reply->headers.at("server") == "rill");
    CHECK(reply->headers.at("content-type") == "application/json");
    CHECK(reply->headers.at("content-length") == "2");
    CHECK(reply->headers.at("connection") == "keep-alive");
    CHECK(reply->headers.at("etag") == "\"1\"");
    CHECK(reply->headers.at("date").size() == std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
    CHECK(reply->headers.at("location") == "/a  X-Split: 1");
    CHECK(reply->headers.count("x-split") == 0);
}

TEST_CASE("errors have one shape", "[http]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        exchange.fail({Code::not_found, "no path \"cam9\""});
    });
    const auto reply = harness.call(get("/cam9"));
    REQUIRE(reply);
    CHECK(reply->status == 404);
    CHECK(reply->body == R"({"status":"error","error":"no path \"cam9\""})");
}

TEST_CASE("a server without a handler answers 404", "[http]") {
    Harness harness;
    harness.server().on_request(nullptr);
    CHECK(harness.call(get("/"))->status == 404);
}

TEST_CASE("a handler that throws answers 500, and the server goes on", "[http]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        if (exchange.request().path == "/throws") throw std::runtime_error("on purpose");
        exchange.respond(Response::no_content());
    });
    CHECK(harness.call(get("/throws"))->status == 500);
    CHECK(harness.call(get("/"))->status == 204);
}

TEST_CASE("HEAD is answered like GET, without the body", "[http]") {
    Harness harness;
    std::string method;
    harness.server().on_request([&](Exchange exchange) {
        method = exchange.request().method;
        exchange.respond(Response::text(200, "text/plain", "hello"));
    });
    const auto replies = harness.with([port = harness.port()] {
        Client client(port);
        auto head = client.call("HEAD /a HTTP/1.1\r\nHost: t\r\n\r\n");
        return std::pair(head, client.call(get("/b")));
    });
    REQUIRE(replies.first);
    CHECK(method == "GET");
    CHECK(replies.first->headers.at("content-length") == "5");
    REQUIRE(replies.second);
    CHECK(replies.second->body == "hello");
}

TEST_CASE("what cannot be understood is refused and the connection closed", "[http]") {
    Harness harness;
    const auto status_then_end = [&](std::string_view request) {
        return harness.with([port = harness.port(), request] {
            Client client(port);
            const auto reply = client.call(request);
            return reply && client.wait_for_end() ? reply->status : 0;
        });
    };
    CHECK(status_then_end(get("/../etc/passwd")) == 400);
    CHECK(status_then_end(get("/%2e%2e%2fetc")) == 400);
    CHECK(status_then_end("hello\r\n\r\n") == 400);
    CHECK(status_then_end("GET / HTTP/1.1\nHost: t\n\n") == 400);
    CHECK(status_then_end("BREW / HTTP/1.1\r\nHost: t\r\n\r\n") == 501);
    CHECK(status_then_end("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
    CHECK(status_then_end(std::string_view("\x16\x03\x01\x02\0\x01", 6)) == 400);  // TLS, at once
    CHECK(harness.call(get("/a"))->status == 200);
}

TEST_CASE("a request cannot be smuggled behind another", "[http]") {
    Harness harness;
    int requests = 0;
    harness.server().on_request([&](Exchange exchange) {
        ++requests;
        echo_path(std::move(exchange));
    });
    for (const char* fields : {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                               "Content-Length: 4\r\nContent-Length: 40\r\n"}) {
        const std::string answers = harness.with([port = harness.port(), fields] {
            Client client(port);
            client.send(fmt::format("POST / HTTP/1.1\r\nHost: t\r\n{}\r\n0\r\n\r\n", fields) +
                        get("/smuggled"));
            return client.read_to_end();
        });
        CHECK(answers.substr(0, 12) == "HTTP/1.1 400");
        CHECK(answers.find("smuggled") == std::string::npos);
    }
    CHECK(requests == 0);
}

TEST_CASE("a connection serves many requests", "[http]") {
    Harness harness;
    const bool same = harness.with([port = harness.port()] {
        Client client(port);
        for (int count = 0; count < 200; ++count) {
            const auto reply = client.call(get(fmt::format("/{}", count)));
            if (!reply || reply->body != fmt::format("/{}", count)) return false;
        }
        return true;
    });
    CHECK(same);
    CHECK(harness.server().statistics().requests == 200);
}

TEST_CASE("a connection is closed when the client asks for it", "[http]") {
    Harness harness;
    for (const std::string& request :
         {get("/a", "Connection: close\r\n"), std::string("GET /a HTTP/1.0\r\n\r\n")}) {
        const std::string answer = harness.with([port = harness.port(), request] {
            Client client(port);
            client.send(request);
            return client.read_to_end();
        });
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(answer.substr(answer.size() - 6) == "\r\n\r\n/a");
    }
}

TEST_CASE("pipelined requests are answered in order", "[http]") {
    Harness harness;
    std::vector<Exchange> parked;
    harness.server().on_request([&](Exchange exchange) {
        if (exchange.request().path == "/later") {
            parked.push_back(std::move(exchange));
            // Answered from the loop, after the requests behind it have long arrived.
            g_idle_add(
                [](gpointer data) -> gboolean {
                    auto& waiting = *static_cast<std::vector<Exchange>*>(data);
                    Exchange exchange = std::move(waiting.back());
                    waiting.pop_back();
                    echo_path(std::move(exchange));
                    return G_SOURCE_REMOVE;
                },
                &parked);
            return;
        }
        echo_path(std::move(exchange));
    });
    const std::string bodies = harness.with([port = harness.port()] {
        Client client(port);
        std::string requests;
        for (int count = 0; count < 300; ++count)
            requests += "\r\n" + get("/a") + get("/later");
        requests += "POST /b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                    get("/c");
        client.send(requests);
        std::string all;
        for (int count = 0; count < 602; ++count) {
            const auto reply = client.read_reply();
            all += reply ? reply->body : "missing";
        }
        return all;
    });
    std::string expected;
    for (int count = 0; count < 300; ++count)
        expected += "/a/later";
    CHECK(bodies == expected + "/b/c");
}

TEST_CASE("requests may arrive one byte at a time", "[http]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        const Request& request = exchange.request();
        exchange.respond(Response::text(200, "text/plain", request.path + request.body));
    });
    const std::string bodies = harness.with([port = harness.port()] {
        Client client(port);
        std::string all;
        for (const char* request : {"PUT /a HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
                                    "PUT /b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"}) {
            for (const char* byte = request; *byte != '\0'; ++byte)
                client.send(std::string_view(byte, 1));
            const auto reply = client.read_reply();
            all += reply ? reply->body : "missing";
        }
        return all;
    });
    CHECK(bodies == "/aabc/bdef");
}

TEST_CASE("Expect: 100-continue", "[http]") {
    Limits limits;
    limits.body_bytes = 10;
    Harness harness(limits);
    const auto statuses = [&](const char* length) {
        return harness.with([port = harness.port(), length] {
            Client client(port);
            std::vector<int> seen;
            client.send(fmt::format(
                "PUT /a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", length));
            auto reply = client.read_reply(true);
            seen.push_back(reply ? reply->status : 0);
            if (seen.back() != 100) return seen;
            client.send("abc");
            reply = client.read_reply();
            seen.push_back(reply ? reply->status : 0);
            return seen;
        });
    };
    CHECK(statuses("3") == std::vector{100, 200});
    CHECK(statuses("11") == std::vector{413});
}

TEST_CASE("large bodies go both ways", "[http]") {
    constexpr std::size_t size = 100 * 1024 * 1024;
    Limits limits;
    limits.body_bytes = size;
    Harness harness(limits);
    std::string received;
    harness.server().on_request([&](Exchange exchange) {
        received = exchange.request().body;
        Response response;
        response.content_type = "application/octet-stream";
        // Shared pieces: sent many times, held once.
        const auto piece = bytes_of(std::string(1024 * 1024, 'x'));
        response.body.assign(100, piece);
        exchange.respond(std::move(response));
    });
    const std::string block(1024 * 1024, 'b');
    const std::string chunk = "100000\r\n" + block + "\r\n";

    SECTION("with Content-Length") {
        const auto reply = harness.with([&, port = harness.port()] {
            Client client(port);
            client.send(fmt::format("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n", size));
            for (int count = 0; count < 100; ++count)
                client.send(block);
            return client.read_reply();
        });
        REQUIRE(reply);
        CHECK(reply->body == std::string(size, 'x'));
    }
    SECTION("chunked") {
        const auto reply = harness.with([&, port = harness.port()] {
            Client client(port);
            client.send("PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int count = 0; count < 100; ++count)
                client.send(chunk);
            client.send("0\r\n\r\n");
            return client.read_reply();
        });
        REQUIRE(reply);
        CHECK(reply->body.size() == size);
    }
    CHECK(received == std::string(size, 'b'));
}

TEST_CASE("several addresses, IPv4 and IPv6", "[http]") {
    Harness harness({}, ":0");
    REQUIRE(harness.server().listen("127.0.0.1:0"));
    // Not by name: a minimal system has no /etc/hosts.
    REQUIRE(harness.server().listen("127.0.0.1:0"));
    const auto ports = harness.server().ports();
    REQUIRE(ports.size() == 3);
    for (const auto port : ports) {
        CHECK(port != 0);
        const auto reply = harness.with([port] { return Client(port).call(get("/a")); });
        CHECK(reply);
    }
}

TEST_CASE("the client's address is shown as it is, also behind an IPv6 socket", "[http]") {
    Harness harness({}, ":0");
    std::string remote;
    harness.server().on_request([&](Exchange exchange) {
        remote = exchange.request().remote;
        exchange.respond(Response::no_content());
    });
    REQUIRE(harness.call(get("/")));
    CHECK(remote.substr(0, 10) == "127.0.0.1:");
}

TEST_CASE("addresses that cannot be listened at", "[http]") {
    Harness harness;
    const std::string taken = fmt::format("127.0.0.1:{}", harness.port());
    const auto in_use = harness.server().listen(taken);
    REQUIRE_FALSE(in_use);
    CHECK(in_use.error().code == Code::unavailable);
    CHECK(in_use.error().message.starts_with("address " + taken + " is already in use: another program"));

    const auto foreign = harness.server().listen("192.0.2.1:0");
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().message == "address 192.0.2.1:0 is none of this machine's addresses");

    for (const char* address :
         {"", "8080", "localhost", ":", ":x", ":65536", ":-1", "::1:80", "[::1]", "[::1:80", "a:b:80"}) {
        INFO(address);
        const auto refused = harness.server().listen(address);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::invalid_config);
    }
    CHECK(harness.server().ports().size() == 1);
}
