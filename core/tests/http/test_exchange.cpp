// Answers given later, elsewhere, twice, or never.
#include "catch.hpp"
#include "harness.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <thread>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

/// Parks every request.
struct Parking {
    explicit Parking(Server& server) {
        server.on_request([this](Exchange exchange) { parked.push_back(std::move(exchange)); });
    }
    std::vector<Exchange> parked;
};

}  // namespace

TEST_CASE("an exchange is answered from another thread", "[http][exchange]") {
    Harness harness;
    std::vector<std::thread> threads;
    harness.server().on_request([&](Exchange exchange) {
        threads.emplace_back([exchange = std::make_shared<Exchange>(std::move(exchange))] {
            echo_path(std::move(*exchange));
        });
    });
    const bool answered = harness.with([port = harness.port()] {
        Client client(port);
        for (int count = 0; count < 100; ++count) {
            const auto reply = client.call(get(fmt::format("/{}", count)));
            if (!reply || reply->body != fmt::format("/{}", count)) return false;
        }
        return true;
    });
    CHECK(answered);
    for (auto& thread : threads)
        thread.join();
}

TEST_CASE("only the first answer counts", "[http][exchange]") {
    Harness harness;
    harness.server().on_request([](Exchange exchange) {
        exchange.respond(Response::text(200, "text/plain", "first"));
        exchange.respond(Response::text(200, "text/plain", "second"));
    });
    const auto replies = harness.with([port = harness.port()] {
        Client client(port);
        const auto first = client.call(get("/"));
        const auto second = client.call(get("/"));
        return first && second ? first->body + second->body : "";
    });
    CHECK(replies == "firstfirst");
}

TEST_CASE("a dropped exchange answers 500", "[http][exchange]") {
    Harness harness;
    harness.server().on_request([](Exchange) {});
    const auto reply = harness.call(get("/"));
    REQUIRE(reply);
    CHECK(reply->status == 500);
    CHECK_FALSE(reply->error().empty());
}

TEST_CASE("an abandoned exchange says so, and its answer is discarded", "[http][exchange]") {
    Harness harness;
    Parking parking(harness.server());
    int abandoned = 0;
    auto client = std::make_unique<Client>(harness.port());
    client->send(get("/"));
    REQUIRE(Harness::until([&] { return parking.parked.size() == 1; }));
    parking.parked[0].on_abandoned([&] { ++abandoned; });
    CHECK(abandoned == 0);

    client.reset();
    REQUIRE(Harness::until([&] { return abandoned == 1; }));
    CHECK(harness.server().statistics().connections == 0);
    parking.parked[0].respond(Response::no_content());
    parking.parked.clear();
    CHECK(abandoned == 1);
}

TEST_CASE("on_abandoned set too late is still told", "[http][exchange]") {
    Harness harness;
    Parking parking(harness.server());
    auto client = std::make_unique<Client>(harness.port());
    client->send(get("/"));
    REQUIRE(Harness::until([&] { return parking.parked.size() == 1; }));
    client.reset();
    REQUIRE(Harness::until([&] { return harness.server().statistics().connections == 0; }));
    bool abandoned = false;
    parking.parked[0].on_abandoned([&] { abandoned = true; });
    CHECK(Harness::until([&] { return abandoned; }));
}

TEST_CASE("an answered exchange is not abandoned, and lets go of the callback", "[http][exchange]") {
    Harness harness;
    const auto token = std::make_shared<int>();
    bool abandoned = false;
    harness.server().on_request([&](Exchange exchange) {
        exchange.on_abandoned([&abandoned, token] { abandoned = true; });
        exchange.respond(Response::no_content());
    });
    CHECK(harness.call(get("/"))->status == 204);
    CHECK(Harness::until([&] { return harness.server().statistics().connections == 0; }));
    CHECK_FALSE(abandoned);
    CHECK(token.use_count() == 1);
}

TEST_CASE("an answer after the server is gone goes nowhere", "[http][exchange]") {
    Harness harness;
    auto parking = std::make_unique<Parking>(harness.server());
    bool abandoned = false;
    Client client(harness.port());
    client.send(get("/"));
    REQUIRE(Harness::until([&] { return parking->parked.size() == 1; }));
    parking->parked[0].on_abandoned([&] { abandoned = true; });
    Exchange exchange = std::move(parking->parked[0]);
    harness.destroy_server();
    CHECK(abandoned);
    CHECK(exchange.request().path == "/");

    SECTION("answered") {
        const auto token = std::make_shared<int>();
        std::thread([&] { exchange.respond(Response::no_content()); }).join();
        exchange.on_abandoned([token] {});
        CHECK(token.use_count() == 1);
    }
    SECTION("dropped") {
        std::thread([&] { const Exchange dropped = std::move(exchange); }).join();
    }
    CHECK(client.wait_for_end());
}

TEST_CASE("exchanges are answered while the server is destroyed", "[http][exchange]") {
    for (int round = 0; round < 50; ++round) {
        Harness harness;
        Parking parking(harness.server());
        std::vector<Client> clients;
        for (int count = 0; count < 4; ++count) {
            clients.emplace_back(harness.port());
            clients.back().send(get("/"));
        }
        REQUIRE(Harness::until([&] { return parking.parked.size() == 4; }));
        std::thread answering([parked = std::move(parking.parked)]() mutable {
            for (auto& exchange : parked)
                exchange.respond(Response::no_content());
        });
        harness.destroy_server();
        answering.join();
    }
}

TEST_CASE("shutdown waits for answers under way, closes the idle, and accepts no more", "[http][exchange]") {
    Harness harness;
    Parking parking(harness.server());
    const std::uint16_t port = harness.port();
    auto busy = std::async(std::launch::async, [port] {
        Client client(port);
        const auto reply = client.call(get("/"));
        return std::pair(reply, client.wait_for_end());
    });
    Client idle(port);
    REQUIRE(Harness::until(
        [&] { return parking.parked.size() == 1 && harness.server().statistics().connections == 2; }));

    std::thread answering([&, exchange = std::move(parking.parked[0])]() mutable {
        // The idle connection is closed when the shutdown has begun.
        idle.wait_for_end();
        exchange.respond(Response::no_content());
    });
    harness.server().shutdown(60'000);
    answering.join();
    CHECK(harness.server().statistics().connections == 0);
    const auto [reply, ended] = busy.get();
    REQUIRE(reply);
    CHECK(reply->status == 204);
    CHECK(reply->headers.at("connection") == "close");
    CHECK(ended);
    CHECK_FALSE(Client(port).connected());
}

TEST_CASE("shutdown ends after its grace even if nobody answers", "[http][exchange]") {
    Harness harness;
    Parking parking(harness.server());
    bool abandoned = false;
    Client client(harness.port());
    client.send(get("/"));
    REQUIRE(Harness::until([&] { return parking.parked.size() == 1; }));
    parking.parked[0].on_abandoned([&] { abandoned = true; });
    harness.server().shutdown(10);
    CHECK(abandoned);
    CHECK(harness.server().statistics().connections == 0);
    CHECK(client.wait_for_end());
}
