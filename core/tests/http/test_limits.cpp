// What a client can do to the server, and what it cannot.
#include "catch.hpp"
#include "harness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <sys/resource.h>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

TEST_CASE("a header of 1 MB is refused", "[http][limits]") {
    Harness harness;
    const auto result = harness.with([port = harness.port()] {
        Client client(port);
        client.send("GET / HTTP/1.1\r\nHost: t\r\nX: ");
        client.send(std::string(1024 * 1024, 'x'));
        const auto reply = client.read_reply();
        return std::pair(reply ? reply->status : 0, client.wait_for_end());
    });
    CHECK(result.first == 431);
    CHECK(result.second);
    CHECK(harness.server().statistics().rejected == 1);
}

TEST_CASE("a header just within the limit is taken, one byte more is not", "[http][limits]") {
    Limits limits;
    limits.header_bytes = 1000;
    Harness harness(limits);
    const std::size_t empty = get("/", "X: \r\n").size();
    const auto of_size = [&](std::size_t size) {
        return harness.call(get("/", "X: " + std::string(size - empty, 'x') + "\r\n"))->status;
    };
    CHECK(of_size(1000) == 200);
    CHECK(of_size(1001) == 431);
}

TEST_CASE("a body beyond the limit is refused", "[http][limits]") {
    Harness harness;
    const std::string block(1024 * 1024, 'b');
    const auto status = [&](std::string head, std::string part) {
        const auto reply = harness.with([&, port = harness.port()] {
            Client client(port);
            client.send(head);
            // As many clients do: sends on, and reads only when the server takes no more.
            for (int count = 0; count < 100 && client.send(part); ++count) {
            }
            return client.read_reply();
        });
        return reply ? reply->status : 0;
    };
    SECTION("announced: before any of it is read") {
        const auto reply = harness.call("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 104857600\r\n\r\n");
        CHECK(reply->status == 413);
    }
    SECTION("announced, and sent anyway") {
        CHECK(status("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 104857600\r\n\r\n", block) == 413);
    }
    SECTION("chunked: counted") {
        CHECK(status("PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n",
                     "100000\r\n" + block + "\r\n") == 413);
    }
    CHECK(harness.server().statistics().rejected == 1);
    CHECK(harness.server().statistics().requests == 0);
}

TEST_CASE("a request that arrives too slowly is given up", "[http][limits]") {
    Limits limits;
    limits.header_ms = 100;
    Harness harness(limits);
    for (const char* start : {"GET / HT", "GET / HTTP/1.1\r\nHost: t\r\n",
                              "PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc",
                              "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
        INFO(start);
        const auto result = harness.with([port = harness.port(), start] {
            Client client(port);
            const auto reply = client.call(start);
            return std::pair(reply ? reply->status : 0, client.wait_for_end());
        });
        CHECK(result == std::pair(408, true));
    }
}

TEST_CASE("bytes that trickle in do not prolong the time for a request", "[http][limits]") {
    Limits limits;
    limits.header_ms = 100;
    limits.header_bytes = std::size_t{1024} * 1024 * 1024;
    Harness harness(limits);
    const auto reply = harness.with([port = harness.port()] {
        Client client(port);
        client.send("GET / HTTP/1.1\r\nHost: t\r\nX: ");
        // The last bound is for a server that never loses its patience.
        for (int count = 0; !client.has_input() && count < 10'000; ++count)
            client.send("x");
        return client.has_input() ? client.read_reply() : std::nullopt;
    });
    REQUIRE(reply);
    CHECK(reply->status == 408);
}

TEST_CASE("idle connections are closed, busy ones are not", "[http][limits]") {
    Limits limits;
    limits.idle_ms = 100;
    Harness harness(limits);
    std::vector<Exchange> parked;
    harness.server().on_request([&](Exchange exchange) {
        if (exchange.request().path == "/parked") return parked.push_back(std::move(exchange));
        echo_path(std::move(exchange));
    });
    auto waiting =
        std::async(std::launch::async, [port = harness.port()] { return Client(port).call(get("/parked")); });
    REQUIRE(Harness::until([&] { return parked.size() == 1; }));

    const auto ended = harness.with([port = harness.port()] {
        Client silent(port);
        Client used(port);
        const bool answered = used.call(get("/a")).has_value();
        return answered && silent.wait_for_end() && used.wait_for_end();
    });
    CHECK(ended);
    CHECK(harness.server().statistics().connections == 1);

    parked.front().respond(Response::no_content());
    REQUIRE(Harness::until(
        [&] { return waiting.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    CHECK(waiting.get()->status == 204);
}

TEST_CASE("a client that does not read its answer is given up", "[http][limits]") {
    Limits limits;
    limits.idle_ms = 200;
    Harness harness(limits);
    harness.server().on_request([](Exchange exchange) {
        exchange.respond(Response::text(200, "text/plain", std::string(64 * 1024 * 1024, 'x')));
    });
    Client client(harness.port());
    client.send(get("/"));
    REQUIRE(Harness::until([&] { return harness.server().statistics().requests == 1; }));
    CHECK(Harness::until([&] { return harness.server().statistics().connections == 0; }));
}

TEST_CASE("beyond the limit of connections the longest idle one makes room", "[http][limits]") {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    constexpr std::size_t limit = 200;
    const auto flood =
        std::min<std::size_t>(10'000, static_cast<std::size_t>(descriptors.rlim_cur) - 2 * limit);
    REQUIRE(flood > 2 * limit);

    Limits limits;
    limits.connections = limit;
    Harness harness(limits);
    unsigned most = 0;
    const auto result = harness.with([&, port = harness.port()] {
        std::vector<Client> idle;
        std::size_t served = 0;
        for (std::size_t count = 0; count < flood; ++count) {
            idle.emplace_back(port);
            if (!idle.back().connected()) return std::size_t{0};
            if (count % 500 == 0) served += Client(port).call(get("/a")).has_value() ? 1 : 0;
        }
        // The first ones have been evicted, the last one is among those that are left.
        const bool in_order = idle.front().wait_for_end() && idle.back().call(get("/b"));
        return in_order ? served : 0;
    });
    CHECK(result == (flood + 499) / 500);
    most = harness.server().statistics().connections;
    CHECK(most <= limit);
    CHECK(harness.server().statistics().rejected >= flood - limit);
}

TEST_CASE("when all connections are busy a new one is refused", "[http][limits]") {
    Limits limits;
    limits.connections = 2;
    Harness harness(limits);
    std::vector<Exchange> parked;
    harness.server().on_request([&](Exchange exchange) { parked.push_back(std::move(exchange)); });
    Client first(harness.port());
    Client second(harness.port());
    first.send(get("/"));
    second.send(get("/"));
    REQUIRE(Harness::until([&] { return parked.size() == 2; }));

    const auto refused = harness.with([port = harness.port()] { return Client(port).read_reply(); });
    REQUIRE(refused);
    CHECK(refused->status == 503);

    parked.clear();  // dropped: 500
    CHECK(harness.with([&] { return first.read_reply(); })->status == 500);
    CHECK(harness.with([&] { return second.read_reply(); })->status == 500);
}

// UBSan's vptr check opens a pipe to look at an object, and takes the lack of descriptors for a bad pointer.
#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("without file descriptors idle connections make room, and the server recovers", "[http][limits]") {
    Harness harness;
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    Client idle(harness.port());
    REQUIRE(Harness::until([&] { return harness.server().statistics().connections == 1; }));
    Client next(harness.port());

    // What is open stays, and nothing is accepted, whatever numbers become free.
    rlimit tight = before;
    tight.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &tight);
    CHECK(harness.with([&] { return idle.wait_for_end(); }));
    ::setrlimit(RLIMIT_NOFILE, &before);
    const auto reply = harness.with([&] { return next.call(get("/a")); });
    REQUIRE(reply);
    CHECK(reply->status == 200);
}
#endif
