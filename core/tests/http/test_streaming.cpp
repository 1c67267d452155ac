// Bodies that are made while they are sent.
#include "catch.hpp"
#include "harness.hpp"
#include "pattern_source.hpp"

#include <rill/http_cors.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <sys/socket.h>
#include <unistd.h>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

constexpr std::uint64_t mb = 1u << 20;
constexpr std::size_t most_in_flight = 512u << 10;  ///< two pieces

std::shared_ptr<SourceControl> controlled(std::uint64_t size) {
    auto control = std::make_shared<SourceControl>();
    control->size = size;
    return control;
}

Response streamed(const std::shared_ptr<SourceControl>& control) {
    Response response;
    response.content_type = "video/mp4";
    response.stream.emplace(std::make_unique<PatternSource>(control));
    return response;
}

/// Streams below the paths that are given, and echoes elsewhere.
struct Streams {
    explicit Streams(Server& server) {
        server.on_request([this](Exchange exchange) {
            const auto found = controls.find(exchange.request().path);
            if (found == controls.end()) return echo_path(std::move(exchange));
            exchange.respond(streamed(found->second));
        });
    }
    std::map<std::string, std::shared_ptr<SourceControl>> controls;
};

struct Serving : Harness {
    explicit Serving(std::shared_ptr<SourceControl> given, Limits limits = {})
        : Harness(limits), control(std::move(given)), streams(server()) {
        streams.controls["/body"] = control;
    }
    bool source_is_gone() {
        return until([this] { return control->alive == 0; });
    }
    bool pieces_are_gone() {
        return until([this] { return control->held == 0; });
    }

    const std::shared_ptr<SourceControl> control;
    Streams streams;
};

/// Reads a body of so many bytes, compares it to the pattern, and keeps none of it.
bool reads_pattern(
    Client& client, std::uint64_t from, std::uint64_t to, const std::function<void()>& between = [] {}) {
    for (std::uint64_t at = from; at < to;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to - at, 64u << 10));
        if (client.read(count) != pattern(at, count)) return false;
        at += count;
        between();
    }
    return true;
}

/// A chunked body, or nothing when it is malformed or ends early.
std::optional<std::string> read_chunks(Client& client) {
    std::string body;
    while (true) {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const std::string byte = client.read(1);
            if (byte.empty()) return std::nullopt;
            line += byte;
        }
        std::size_t count = 0;
        const char* const end = line.data() + line.size() - 2;
        if (std::from_chars(line.data(), end, count, 16).ptr != end) return std::nullopt;
        const std::string chunk = client.read(count + 2);
        if (chunk.size() != count + 2 || !chunk.ends_with("\r\n")) return std::nullopt;
        if (count == 0) return body;
        body.append(chunk, 0, count);
    }
}

std::size_t resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Reads the head of a reply and leaves the body.
std::optional<Reply> open_body(Client& client, std::string_view path = "/body") {
    client.send(get(path));
    return client.read_reply(true);
}

}  // namespace

TEST_CASE("a body of 1 GB is sent with bounded memory", "[http][streaming]") {
    Serving serving(controlled(1024 * mb));
    serving.control->on_a_thread = GENERATE(false, true);
    const bool whole = serving.with([&, port = serving.port()] {
        Client client(port);
        if (!open_body(client) || !reads_pattern(client, 0, mb)) return false;
        const std::size_t before = resident_bytes();
        std::size_t most = before;
        const bool exact = reads_pattern(client, mb, serving.control->size,
                                         [&] { most = std::max(most, resident_bytes()); });
// Sanitizers keep what was freed. What the source counts holds for them too.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        return exact && most - before < 8 * mb;
#else
        return exact;
#endif
    });
    CHECK(whole);
    CHECK(serving.control->most_held <= most_in_flight);
    CHECK_FALSE(serving.control->overlapped);
    CHECK(serving.source_is_gone());
    CHECK(serving.control->destroyed_on.load() != std::this_thread::get_id());
    CHECK(serving.pieces_are_gone());
}

TEST_CASE("a client that takes nothing is closed, and the source was not read ahead", "[http][streaming]") {
    Limits limits;
    limits.idle_ms = 200;
    Serving serving(controlled(1024 * mb), limits);
    Client client(serving.port());
    client.send(get("/body"));
    REQUIRE(Harness::until([&] { return serving.control->produced > 0; }));
    CHECK(serving.source_is_gone());
    CHECK(serving.server().statistics().connections == 0);
    CHECK(serving.control->produced < 64 * mb);  // what the sockets hold
    CHECK(serving.control->most_held <= most_in_flight);
}

TEST_CASE("a slow source is no idle client", "[http][streaming]") {
    Limits limits;
    limits.idle_ms = 100;
    Serving serving(controlled(mb), limits);
    serving.control->parks_at = mb / 2;
    const bool whole = serving.with([&, port = serving.port()] {
        Client client(port);
        if (!open_body(client) || !reads_pattern(client, 0, mb / 2)) return false;
        // Another connection, made after the source was asked, runs into the limit.
        if (!Client(port).wait_for_end()) return false;
        serving.control->resume();
        return reads_pattern(client, mb / 2, mb);
    });
    CHECK(whole);
}

TEST_CASE("a client that vanishes releases the source", "[http][streaming]") {
    SECTION("while it is sent to") {
        Serving serving(controlled(1024 * mb));
        CHECK(serving.with([port = serving.port()] {
            Client client(port);
            return open_body(client) && reads_pattern(client, 0, mb);
        }));
        CHECK(serving.source_is_gone());
        CHECK(serving.server().statistics().connections == 0);
        CHECK(serving.control->produced < 128 * mb);
    }
    SECTION("while a read is under way: when it is answered") {
        Serving serving(controlled(1024 * mb));
        serving.control->parks_at = GENERATE(std::uint64_t{0}, mb);
        auto client = std::make_unique<Client>(serving.port());
        client->send(get("/body"));
        REQUIRE(serving.with([&] {
            return serving.control->parks_at == 0 ||
                   (client->read_reply(true) && reads_pattern(*client, 0, mb));
        }));
        REQUIRE(Harness::until([&] { return serving.control->is_parked(); }));
        client.reset();
        REQUIRE(Harness::until([&] { return serving.server().statistics().connections == 0; }));
        CHECK(serving.control->alive == 1);
        std::thread([&] { serving.control->resume(); }).join();
        CHECK(serving.source_is_gone());
        CHECK(serving.pieces_are_gone());
    }
    SECTION("before the answer") {
        Serving serving(controlled(mb));
        std::vector<Exchange> parked;
        serving.server().on_request([&](Exchange exchange) { parked.push_back(std::move(exchange)); });
        auto client = std::make_unique<Client>(serving.port());
        client->send(get("/body"));
        REQUIRE(Harness::until([&] { return parked.size() == 1; }));
        client.reset();
        REQUIRE(Harness::until([&] { return serving.server().statistics().connections == 0; }));
        parked[0].respond(streamed(serving.control));
        CHECK(serving.source_is_gone());
        CHECK(serving.control->reads == 0);
    }
}

TEST_CASE("a request is answered beside two streams", "[http][streaming]") {
    Serving serving(controlled(mb * mb));
    const auto waiting = serving.streams.controls["/waiting"] = controlled(2 * mb);
    waiting->parks_at = mb;
    const auto status = serving.with([&, port = serving.port()] {
        Client slow(port);
        if (!open_body(slow, "/waiting") || !reads_pattern(slow, 0, mb)) return 0;
        // As fast as it goes, until the other one is answered.
        std::atomic<bool> answered = false;
        auto busy = std::async(std::launch::async, [&] {
            Client client(port);
            std::uint64_t at = 0;
            bool exact = open_body(client).has_value();
            while (exact && !answered) {
                exact = reads_pattern(client, at, at + mb);
                at += mb;
            }
            return exact;
        });
        const auto reply = Client(port).call(get("/normal"));
        answered = true;
        waiting->resume();
        const bool exact = busy.get() && reads_pattern(slow, mb, 2 * mb);
        return exact && reply && reply->body == "/normal" ? reply->status : 0;
    });
    CHECK(status == 200);
    CHECK(serving.source_is_gone());
}

TEST_CASE("an error before the first piece is an answer", "[http][streaming]") {
    Serving serving(controlled(mb));
    serving.control->says_size = GENERATE(true, false);
    const auto two_replies = [&](int status) {
        return serving.with([&, port = serving.port()] {
            Client client(port);
            const auto failed = client.call(get("/body"));
            const auto next = client.call(get("/next"));
            return failed && failed->status == status && !failed->error().empty() && next &&
                   next->body == "/next";
        });
    };
    SECTION("the source's own") {
        serving.control->fails_at = 0;
        CHECK(two_replies(503));
    }
    SECTION("the read was dropped") {
        serving.control->parks_at = 0;
        const auto dropping = std::async(std::launch::async, [&] {
            while (!serving.control->is_parked())
                std::this_thread::yield();
            serving.control->drop();
        });
        CHECK(two_replies(500));
    }
    CHECK(serving.source_is_gone());
}

TEST_CASE("a page may read the error that comes instead of a body", "[http][streaming]") {
    Serving serving(controlled(4 * mb));
    serving.control->fails_at = 0;
    serving.server().on_request([&](Exchange exchange) {
        exchange.allow(std::make_shared<const Cors>(std::vector<std::string>{"https://a.example"},
                                                    CorsTerms{.exposed_headers = "etag"}));
        exchange.respond(streamed(serving.control).header("ETag", "\"1\""));
    });
    const auto failed = serving.call(get("/body", "Origin: https://a.example\r\n"));
    REQUIRE(failed);
    CHECK(failed->status == 503);
    CHECK(failed->headers.at("access-control-allow-origin") == "https://a.example");
    CHECK(failed->headers.at("access-control-expose-headers") == "etag");
    CHECK(failed->headers.at("vary") == "Origin");
    CHECK_FALSE(failed->headers.contains("etag"));
    CHECK(failed->headers.at("content-type") == "application/json");
}

TEST_CASE("an error in the middle cuts the body short", "[http][streaming]") {
    Serving serving(controlled(4 * mb));
    serving.control->fails_at = 2 * mb;
    SECTION("of known size") {
        const auto reply = serving.with([port = serving.port()] {
            Client client(port);
            const auto head = open_body(client);
            return std::pair(head, client.read_to_end());
        });
        REQUIRE(reply.first);
        CHECK(reply.first->headers.at("content-length") == fmt::format("{}", 4 * mb));
        CHECK(reply.second.size() <= 2 * mb);
        CHECK(reply.second == pattern(0, reply.second.size()));
    }
    SECTION("chunked: the last chunk is missing") {
        serving.control->says_size = false;
        CHECK_FALSE(serving.with([port = serving.port()] {
            Client client(port);
            return open_body(client) ? read_chunks(client) : "no head";
        }));
    }
    SECTION("ended by the connection: a reset") {
        serving.control->says_size = false;
        const int error = serving.with([port = serving.port()] {
            Client client(port);
            client.send("GET /body HTTP/1.0\r\n\r\n");
            std::array<char, 4096> part{};
            ssize_t count = 0;
            while ((count = ::recv(client.fd(), part.data(), part.size(), 0)) > 0) {
            }
            return count == 0 ? 0 : errno;
        });
        CHECK(error == ECONNRESET);
    }
    CHECK(serving.source_is_gone());
    CHECK(serving.server().statistics().connections == 0);
}

TEST_CASE("a source that breaks its contract is cut short", "[http][streaming]") {
    struct Wrong final : BodySource {
        explicit Wrong(std::size_t bytes) : bytes(bytes) {}
        std::optional<std::uint64_t> size() const override { return 10; }
        void read(std::uint64_t offset, std::size_t at_most, Done done) override {
            if (bytes == 3 && offset > 0) return done(Piece{});
            if (bytes == 2) throw std::runtime_error("wrong");
            const auto piece = Piece{Ref<GBytes>::adopt(g_bytes_new_static("0123456789x", bytes))};
            done(piece);
            done(piece);  // does not count
            if (at_most != 10) done(Error{Code::internal, "this neither"});
        }
        const std::size_t bytes;
    };
    Harness harness;
    const auto reply = [&](std::size_t bytes) {
        harness.server().on_request([=](Exchange exchange) {
            Response response;
            response.stream.emplace(std::make_unique<Wrong>(bytes));
            exchange.respond(std::move(response));
        });
        return harness.with([port = harness.port()] {
            Client client(port);
            client.send(get("/", "Connection: close\r\n"));
            const std::string all = client.read_to_end();
            return all.substr(0, 13) + all.substr(all.find("\r\n\r\n") + 4, 10);
        });
    };
    CHECK(reply(10) == "HTTP/1.1 200 0123456789");
    CHECK(reply(11).starts_with("HTTP/1.1 500 {"));  // more than was asked for
    CHECK(reply(2).starts_with("HTTP/1.1 500 {"));   // an exception
    CHECK(reply(3) == "HTTP/1.1 200 012");           // no more, though there should be
    CHECK(reply(5) == "HTTP/1.1 200 0123401234");
}

TEST_CASE("a body of unknown size is chunked, or ends with the connection", "[http][streaming]") {
    const auto size = GENERATE(std::uint64_t{0}, std::uint64_t{1}, 3 * mb + 5);
    CAPTURE(size);
    Serving serving(controlled(size));
    serving.control->says_size = false;
    const std::string expected = pattern(0, static_cast<std::size_t>(size));
    SECTION("HTTP/1.1: chunked, and the connection goes on") {
        CHECK(serving.with([&, port = serving.port()] {
            Client client(port);
            const auto reply = open_body(client);
            return reply && reply->headers.at("transfer-encoding") == "chunked" &&
                   !reply->headers.contains("content-length") && read_chunks(client) == expected &&
                   client.call(get("/next"))->body == "/next";
        }));
    }
    SECTION("HTTP/1.0: ends with the connection") {
        CHECK(serving.with([&, port = serving.port()] {
            Client client(port);
            client.send("GET /body HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            const auto reply = client.read_reply(true);
            return reply && !reply->headers.contains("transfer-encoding") &&
                   reply->headers.at("connection") == "close" && client.read_to_end() == expected;
        }));
    }
    CHECK(serving.source_is_gone());
}

TEST_CASE("HEAD and answers without a body do not read the source", "[http][streaming]") {
    Serving serving(controlled(5 * mb));
    SECTION("HEAD") {
        serving.control->says_size = GENERATE(true, false);
        const auto reply = serving.call("HEAD /body HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        REQUIRE(reply);
        CHECK(reply->status == 200);
        CHECK(reply->headers.contains(serving.control->says_size ? "content-length" : "transfer-encoding"));
    }
    SECTION("204") {
        serving.server().on_request([&](Exchange exchange) {
            Response response = streamed(serving.control);
            response.status = 204;
            exchange.respond(std::move(response));
        });
        CHECK(serving.call(get("/body"))->status == 204);
    }
    SECTION("an empty body") {
        serving.control->size = 0;
        CHECK(serving.call(get("/body"))->headers.at("content-length") == "0");
    }
    CHECK(serving.source_is_gone());
    CHECK(serving.control->reads == 0);
}

TEST_CASE("requests behind a streamed answer wait for it", "[http][streaming]") {
    Serving serving(controlled(3 * mb + 1));
    serving.control->parks_at = mb;
    const bool in_order = serving.with([&, port = serving.port()] {
        Client client(port);
        client.send(get("/body") + get("/second") + get("/body") + get("/fourth"));
        if (!client.read_reply(true) || !reads_pattern(client, 0, mb) || client.has_input()) return false;
        serving.control->resume();
        if (!reads_pattern(client, mb, serving.control->size)) return false;
        const auto second = client.read_reply();
        const auto third = client.read_reply();
        const auto fourth = client.read_reply();
        return second && second->body == "/second" && third && third->body == pattern(0, 3 * mb + 1) &&
               fourth && fourth->body == "/fourth";
    });
    CHECK(in_order);
    CHECK(serving.server().statistics().requests == 4);
    CHECK(serving.source_is_gone());
}

TEST_CASE("shutdown waits for a streamed answer, up to its grace", "[http][streaming]") {
    Serving serving(controlled(4 * mb));
    serving.control->parks_at = mb;
    Client client(serving.port());
    REQUIRE(serving.with([&] { return open_body(client) && reads_pattern(client, 0, mb); }));
    REQUIRE(Harness::until([&] { return serving.control->is_parked(); }));
    SECTION("the source goes on") {
        auto rest = std::async(std::launch::async, [&] {
            serving.control->resume();
            const bool whole = reads_pattern(client, mb, 4 * mb) && client.wait_for_end();
            client.hang_up();
            return whole;
        });
        serving.server().shutdown(60'000);
        CHECK(rest.get());
    }
    SECTION("the source does not") {
        serving.server().shutdown(10);
        CHECK(client.wait_for_end());
        serving.control->resume();
    }
    SECTION("the server is destroyed") {
        serving.destroy_server();
        CHECK(client.wait_for_end());
        serving.control->resume();
    }
    CHECK(serving.source_is_gone());
}
