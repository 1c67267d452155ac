// HTTPS: what is served, and what a client can do before and beside HTTP.
#include "catch.hpp"
#include "http/endpoint.hpp"
#include "http/tls_certificate.hpp"
#include "pattern_source.hpp"
#include "tls_client.hpp"
#include "websocket_frames.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <thread>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

constexpr std::size_t megabyte = 1u << 20;

struct SecureHarness : Harness {
    explicit SecureHarness(Limits limits = {}) : Harness(limits) {
        REQUIRE(certificate);
        auto open = server().open(
            {{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0", .certificate = *certificate}});
        REQUIRE(open);
        server().put(std::move(*open));
    }
    std::uint16_t secure_port() { return server().ports().back(); }

    CertificateFiles files{"first"};
    Result<std::shared_ptr<TlsCertificate>> certificate =
        TlsCertificate::load(files.certificate(), files.key());
};

/// What the client sees of a handshake: the server's name, or "" when there was none.
std::string server_name(std::uint16_t port, const TlsTerms& terms = {}) {
    const TlsClient client(port, terms);
    return client.shaken() ? client.common_name() : "";
}

void write(const std::string& file, const std::string& text) {
    std::ofstream(file, std::ios::trunc) << text;
}

std::string read(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string masked_text(const std::string& payload) {
    std::string frame = frame_header(Opcode::text, payload.size());
    frame[1] = static_cast<char>(frame[1] | 0x80);
    return frame + std::string(4, '\0') + payload;  // a mask of zeros leaves it as it is
}

constexpr const char* upgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

TEST_CASE("requests are answered over TLS 1.2 and 1.3", "[http][tls]") {
    SecureHarness harness;
    std::vector<bool> secure;
    harness.server().on_request([&](Exchange exchange) {
        secure.push_back(exchange.request().secure);
        echo_path(std::move(exchange));
    });
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        INFO(version);
        const auto bodies = harness.with([port = harness.secure_port(), version] {
            TlsClient client(port, {.version = version});
            const auto one = client.call(get("/one"));
            const auto two = client.call(get("/two"));
            return fmt::format("{} {} {}", client.protocol(), one ? one->body : "", two ? two->body : "");
        });
        CHECK(bodies == "http/1.1 /one /two");
    }
    CHECK(harness.call(get("/plain"))->body == "/plain");
    CHECK(secure == std::vector{true, true, true, true, false});
}

TEST_CASE("older versions and other protocols get no handshake", "[http][tls]") {
    SecureHarness harness;
    const auto name = [&](TlsTerms terms) {
        return harness.with([port = harness.secure_port(), terms] { return server_name(port, terms); });
    };
    CHECK(name({.version = TLS1_1_VERSION}).empty());
    CHECK(name({.protocols = "h2"}).empty());
    CHECK(name({.protocols = ""}) == "first");
    CHECK(harness.until([&] { return harness.server().statistics().connections == 0; }));
}

TEST_CASE("a session can neither be resumed nor renegotiated", "[http][tls]") {
    SecureHarness harness;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        INFO(version);
        CHECK(harness.with([port = harness.secure_port(), version] {
            TlsClient client(port, {.version = version});
            return client.call(get("/")) && SSL_SESSION_is_resumable(SSL_get0_session(client.session())) == 0;
        }));
    }
    CHECK(harness.with([port = harness.secure_port()] {
        TlsClient client(port, {.version = TLS1_2_VERSION});
        return SSL_renegotiate(client.session()) == 1 && SSL_do_handshake(client.session()) != 1;
    }));
    CHECK(harness.with([port = harness.secure_port()] { return server_name(port); }) == "first");
}

TEST_CASE("bodies of every size arrive as they are, also at a slow client", "[http][tls]") {
    SecureHarness harness;
    const auto control = std::make_shared<SourceControl>();
    control->size = 5 * megabyte + 123;
    harness.server().on_request([&](Exchange exchange) {
        Response response;
        if (exchange.request().path == "/stream") {
            response.stream.emplace(std::make_unique<PatternSource>(control));
        } else {
            const std::size_t size = std::stoul(exchange.request().path.substr(1));
            const std::string text = pattern(0, size);
            // In pieces that fit no record.
            for (std::size_t at = 0, piece = 1; at < size; at += piece, piece = piece * 3 + 1)
                response.body.push_back(
                    Ref<GBytes>::adopt(g_bytes_new(text.data() + at, std::min(piece, size - at))));
        }
        exchange.respond(std::move(response));
    });
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16'383}, std::size_t{16'384},
                                   std::size_t{16'385}, 3 * megabyte}) {
        INFO(size);
        CHECK(harness.with([port = harness.secure_port(), size] {
            TlsClient client(port);
            const auto reply = client.call(get(fmt::format("/{}", size)));
            return reply && reply->body == pattern(0, size);
        }));
    }
    CHECK(harness.with([port = harness.secure_port()] {
        TlsClient client(port);
        client.send(get("/stream") + get("/7"));
        const auto reply = client.read_reply();
        const auto next = client.read_reply();
        return reply && reply->body == pattern(0, 5 * megabyte + 123) && next && next->body == pattern(0, 7);
    }));
    CHECK(control->most_held <= megabyte / 2);
}

TEST_CASE("a request that comes in pieces, and an answer that comes late", "[http][tls]") {
    SecureHarness harness;
    std::thread later;
    harness.server().on_request([&](Exchange exchange) {
        later = std::thread([parked = std::make_shared<Exchange>(std::move(exchange))] {
            parked->respond(Response::text(200, "text/plain", parked->request().body));
        });
    });
    const std::string body(300'000, 'b');
    const auto reply = harness.with([port = harness.secure_port(), &body] {
        TlsClient client(port);
        client.send("PUT / HTTP/1.1\r\nHo");
        client.send(fmt::format("st: t\r\nContent-Length: {}\r\n\r\n", body.size()));
        client.send(body);
        return client.read_reply();
    });
    later.join();
    REQUIRE(reply);
    CHECK(reply->body == body);
}

TEST_CASE("a client that ends TLS while its request is answered gets the end, and no harm is done",
          "[http][tls]") {
    SecureHarness harness;
    const auto ended = harness.with([port = harness.secure_port()] {
        TlsClient client(port);
        const auto reply = client.call(get("/"));
        return std::pair(reply.has_value(), client.close_notify());
    });
    CHECK(ended == std::pair(true, false));  // between requests the server just hangs up
    CHECK(harness.until([&] { return harness.server().statistics().connections == 0; }));
    const auto polite = harness.with([port = harness.secure_port()] {
        TlsClient client(port);
        const auto reply = client.call(get("/", "Connection: close\r\n"));
        return reply && client.read_to_end().empty() &&
               (SSL_get_shutdown(client.session()) & SSL_RECEIVED_SHUTDOWN) != 0;
    });
    CHECK(polite);
}

TEST_CASE("WebSockets go over TLS", "[http][tls][websocket]") {
    SecureHarness harness;
    std::vector<std::shared_ptr<WebSocket>> sessions;
    serve_websocket(harness.server(), [&](std::shared_ptr<WebSocket> session) {
        WebSocket* const plain = session.get();
        session->on_message(
            [plain](std::string_view data, bool) {
                for (int times = 0; times < 30; ++times)
                    plain->send_text(std::string(data));
            },
            [] {});
        sessions.push_back(std::move(session));
    });
    const std::string payload(100'000, 'p');
    const auto frames = harness.with([port = harness.secure_port(), &payload] {
        TlsClient client(port);
        const auto reply = client.call(get("/ws", upgrade));
        if (!reply || reply->status != 101) return std::set<std::string>{"no upgrade"};
        client.send(masked_text(payload));
        std::set<std::string> different;
        const std::size_t size = frame_header(Opcode::text, payload.size()).size() + payload.size();
        for (int times = 0; times < 30; ++times)
            different.insert(client.read(size));
        return different;
    });
    CHECK(frames == std::set{frame_header(Opcode::text, payload.size()) + payload});
    REQUIRE(sessions.size() == 1);
    CHECK(sessions.front()->request().secure);
}

TEST_CASE("who does not shake hands in time is closed", "[http][tls][limits]") {
    Limits limits;
    limits.header_ms = 100;
    SecureHarness harness(limits);
    for (const std::string& start : {std::string(), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
        CHECK(harness.with([port = harness.secure_port(), start] {
            Client client(port);
            client.send(start);
            return client.wait_for_end();
        }));
    }
    CHECK(harness.server().statistics().rejected == 2);
    CHECK(harness.server().statistics().connections == 0);
}

TEST_CASE("handshakes that are none do no harm", "[http][tls][limits]") {
    SecureHarness harness;
    std::string noise(4000, '\0');
    for (std::size_t at = 0; at < noise.size(); ++at)
        noise[at] = static_cast<char>(at * 7 + at / 3);
    const std::string hello("\x16\x03\x01\x00\x10\x01\x00\x00\x0c\x03\x03garbage...", 21);
    for (const std::string& input : {noise, hello, std::string("\x16\x03\x01", 3), std::string()}) {
        CHECK(harness.with([port = harness.secure_port(), input] {
            Client client(port);
            client.send(input);
            client.finish_sending();
            client.read_to_end();
            return true;
        }));
    }
    CHECK(harness.until([&] { return harness.server().statistics().connections == 0; }));
    CHECK(harness.with([port = harness.secure_port()] { return server_name(port); }) == "first");
}

TEST_CASE("HTTP without TLS is told where it has come", "[http][tls]") {
    SecureHarness harness;
    const auto result = harness.with([port = harness.secure_port()] {
        Client client(port);
        const auto reply = client.call(get("/", "X: " + std::string(2000, 'x') + "\r\n"));
        return std::pair(reply ? reply->error() : "", client.wait_for_end());
    });
    CHECK(result == std::pair(std::string("this port speaks HTTPS: ask it by https://"), true));
    CHECK(harness.server().statistics().requests == 0);
}

TEST_CASE("shaking hands makes room for those who come later", "[http][tls][limits]") {
    Limits limits;
    limits.connections = 2;
    SecureHarness harness(limits);
    CHECK(harness.with([port = harness.secure_port()] {
        const Client one(port);
        const Client other(port);
        return server_name(port);
    }) == "first");
}

TEST_CASE("another certificate is shown from then on, and connections go on", "[http][tls]") {
    SecureHarness harness;
    const auto name = [&] {
        return harness.with([port = harness.secure_port()] { return server_name(port); });
    };
    auto living = harness.with([port = harness.secure_port()] {
        auto client = std::make_unique<TlsClient>(port);
        client->call(get("/before"));
        return client;
    });
    harness.files.write("second");
    CHECK(name() == "first");
    REQUIRE((*harness.certificate)->reload());
    CHECK(name() == "second");
    CHECK(harness.with([&] { return living->call(get("/after"))->body; }) == "/after");
    CHECK(living->common_name() == "first");

    write(harness.files.key(), "nonsense");
    CHECK_FALSE((*harness.certificate)->reload());
    CHECK(name() == "second");
}

TEST_CASE("certificates and keys that cannot be used are named", "[http][tls]") {
    const CertificateFiles files("first");
    const auto problem = [&] {
        const auto loaded = TlsCertificate::load(files.certificate(), files.key());
        return loaded ? std::string() : loaded.error().message;
    };
    const auto has = [&](const std::string& text) { return problem().find(text) != std::string::npos; };
    CHECK(problem().empty());
    const std::string good_key = read(files.key());
    SECTION("a key that is not there") {
        std::filesystem::remove(files.key());
        CHECK(has("key " + files.key()));
        CHECK(has("No such file"));
    }
    SECTION("a certificate that is none") {
        write(files.certificate(), "nonsense");
        CHECK(has("certificate " + files.certificate()));
        CHECK(has("no start line"));
    }
    SECTION("a key of another certificate") {
        files.write("second");
        write(files.key(), good_key);
        CHECK(has("does not belong to"));
    }
    SECTION("a key that is encrypted: nobody is asked") {
        files.write("second", "passphrase");
        CHECK(has("key " + files.key()));
    }
}
