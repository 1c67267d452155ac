// WebSockets: sessions over real sockets.
#include "catch.hpp"
#include "harness.hpp"
#include "websocket_client.hpp"

#include <fmt/format.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

/// Keeps the sessions, counts how they end, and echoes.
struct Sessions {
    explicit Sessions(Server& server) {
        serve_websocket(server, [this](std::shared_ptr<WebSocket> session) {
            WebSocket* const plain = session.get();
            session->on_message(
                [plain](std::string_view data, bool is_binary) {
                    if (!is_binary) return plain->send_text(std::string(data));
                    plain->send_binary(Ref<GBytes>::adopt(g_bytes_new(data.data(), data.size())));
                },
                [this] { ++closed; });
            open.push_back(std::move(session));
        });
    }
    std::vector<std::shared_ptr<WebSocket>> open;
    int closed = 0;
};

/// Sets `released` when the last holder lets go of it.
Ref<GBytes> megabyte(bool* released = nullptr) {
    static const std::string data(std::size_t{1024} * 1024, 'v');
    const auto release = [](gpointer flag) {
        if (flag != nullptr) *static_cast<bool*>(flag) = true;
    };
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(data.data(), data.size(), release, released));
}

}  // namespace

TEST_CASE("a WebSocket echoes", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    const auto frames = harness.with([port = harness.port()] {
        WebSocketClient client(port);
        std::vector<std::string> seen{client.open ? "open" : "refused"};
        const auto note = [&] {
            const auto got = client.read_frame();
            seen.push_back(got ? fmt::format("{:x}:{}", got->opcode, got->payload) : "end");
        };
        client.send(frame(fin | text, "hello") + frame(fin | binary, std::string(70'000, 'b')) +
                    frame(fin | ping, "are you there"));
        for (int count = 0; count < 3; ++count)
            note();
        client.send(frame(fin | closing, "\x03\xe9gone"));
        note();
        note();
        return seen;
    });
    // The pong may overtake the echoes, which are sent from the loop.
    CHECK(frames[0] == "open");
    CHECK(std::count(frames.begin(), frames.end(), "1:hello") == 1);
    CHECK(std::count(frames.begin(), frames.end(), "2:" + std::string(70'000, 'b')) == 1);
    CHECK(std::count(frames.begin(), frames.end(), "a:are you there") == 1);
    CHECK(frames[4] == "8:\x03\xe9");
    CHECK(frames[5] == "end");
    CHECK(sessions.closed == 1);
    CHECK(harness.server().statistics().websockets == 0);
}

TEST_CASE("the handshake", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    const auto reply = harness.call(upgrade_request());
    REQUIRE(reply);
    CHECK(reply->status == 101);
    CHECK(reply->headers.at("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 §1.3
    REQUIRE(sessions.open.size() == 1);
    CHECK(sessions.open[0]->request().path == "/ws");

    CHECK(harness.call(upgrade_request("/ws/"))->status == 200);  // the request handler's
    CHECK(harness.call(get("/ws"))->status == 200);
    CHECK(harness.call(get("/ws", "Upgrade: websocket\r\n"))->status == 400);
    CHECK(harness
              .call(get("/ws",
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                        "13\r\nSec-WebSocket-Key: x\r\n"))
              ->status == 400);
    const auto version =
        harness.call(get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"));
    CHECK(version->status == 426);
    CHECK(version->headers.at("sec-websocket-version") == "13");

    CHECK(sessions.open.size() == 1);
}

TEST_CASE("a handshake may be answered later, on another thread", "[http][websocket]") {
    Harness harness;
    std::vector<Exchange> waiting;
    int opened = 0;
    harness.server().on_request([&](Exchange exchange) { waiting.push_back(std::move(exchange)); });
    const auto answer = [&] {
        REQUIRE(Harness::until([&] { return waiting.size() == 1; }));
        const auto upgrade = [exchange = std::make_shared<Exchange>(std::move(waiting[0])), &opened] {
            exchange->upgrade([&opened](const std::shared_ptr<WebSocket>& socket) {
                ++opened;
                socket->send_text("late");
                socket->close(1000, "");
            });
        };
        waiting.clear();
        std::thread(upgrade).join();
    };
    const auto asks = [&] {
        auto asked = std::async(std::launch::async, [port = harness.port()] {
            Client client(port);
            client.send(upgrade_request() + frame(fin | text, "early"));
            client.read_reply();
            return client.read(6);
        });
        answer();
        REQUIRE(Harness::until([&] { return asked.wait_for(0s) == std::future_status::ready; }));
        return asked.get();
    };
    CHECK(asks() == "\x81\x04late");
    CHECK(opened == 1);

    // Who has gone meanwhile is upgraded no more.
    Client client(harness.port());
    client.send(upgrade_request());
    REQUIRE(Harness::until([&] { return waiting.size() == 1; }));
    client.hang_up();
    REQUIRE(Harness::until([&] { return harness.server().statistics().connections == 0; }));
    answer();
    CHECK(asks() == "\x81\x04late");
    CHECK(opened == 2);
}

TEST_CASE("frames sent along with the handshake are not lost", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    const auto echoed = harness.with([port = harness.port()] {
        Client client(port);
        client.send(upgrade_request() + frame(fin | text, "early"));
        client.read_reply();
        return client.read(7);
    });
    CHECK(echoed ==
          "\x81\x05"
          "early");
}

TEST_CASE("what a WebSocket client does wrong is told to it", "[http][websocket]") {
    Limits limits;
    limits.websocket_message_bytes = 10'000;
    Harness harness(limits);
    Sessions sessions(harness.server());
    const auto code_after = [&](const std::string& bytes) {
        return harness.with([port = harness.port(), bytes] {
            WebSocketClient client(port);
            client.send(bytes);
            const int code = client.read_close();
            return client.wait_for_end() ? code : 0;
        });
    };
    CHECK(code_after(frame(fin | binary, std::string(200'000, 'x'))) == 1009);
    CHECK(code_after(frame(fin | text, "\xff")) == 1007);
    CHECK(code_after("GET / HTTP/1.1\r\n\r\n") == 1002);
    CHECK(code_after(frame(fin | closing, "\x03")) == 1002);
    CHECK(code_after(frame(fin | closing, std::string_view("\x03\xed", 2))) ==
          1002);  // 1005 is no code to send
    CHECK(code_after(frame(fin | closing, "")) == 1000);
    CHECK(sessions.closed == 6);
}

TEST_CASE("a WebSocket client that never reads stays bounded and is closed", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    WebSocketClient client = harness.with([port = harness.port()] { return WebSocketClient(port); });
    REQUIRE(client.open);
    REQUIRE(sessions.open.size() == 1);
    bool released = false;
    auto data = megabyte(&released);
    std::size_t most = 0;
    const auto send_until_closed = [&] {
        const auto& session = sessions.open[0];
        for (int count = 0; count < 100; ++count)
            session->send_binary(data);
        most = std::max(most, session->queued_bytes());
        return harness.server().statistics().rejected == 1;
    };

    SECTION("that reads in the end finds out why") {
        REQUIRE(Harness::until(send_until_closed));
        CHECK(harness.with([&] { return client.read_close(); }) == 1008);
        client.hang_up();
    }
    SECTION("that is never seen again") {
        REQUIRE(Harness::until(send_until_closed));
    }
    CHECK(Harness::until([&] { return sessions.closed == 1; }));
    CHECK(most <= Limits().websocket_queue_bytes);
    CHECK(sessions.open[0]->queued_bytes() == 0);
    // Nothing is held for a session that is over, though its handler still has it.
    sessions.open[0]->send_binary(data);
    data.reset();
    CHECK(released);
    CHECK(harness.server().statistics().connections == 0);
}

TEST_CASE("a sender is told when all is written, and may send one large message at a time",
          "[http][websocket]") {
    Limits limits;
    limits.websocket_queue_bytes = 300'000;
    Harness harness(limits);
    // Kept by the handler's caller, so that the sender is the test.
    std::shared_ptr<WebSocket> session;
    int drained = 0;
    serve_websocket(harness.server(), [&](std::shared_ptr<WebSocket> opened) {
        opened->on_drained([&drained] { ++drained; });
        session = std::move(opened);
    });
    WebSocketClient client = harness.with([port = harness.port()] { return WebSocketClient(port); });
    REQUIRE(session);
    // Twice what may wait.
    const std::string large(2 * limits.websocket_queue_bytes, 'l');
    for (int count = 1; count <= 3; ++count) {
        session->send_binary(Ref<GBytes>::adopt(g_bytes_new(large.data(), large.size())));
        CHECK(session->queued_bytes() == large.size());
        const auto got = harness.with([&] { return client.read_frame(); });
        REQUIRE(got);
        CHECK((got->payload == large));
        REQUIRE(Harness::until([&] { return drained == count; }));
        CHECK(session->queued_bytes() == 0);
    }
    SECTION("a second one closes") {
        for (int count = 0; count < 2; ++count)
            session->send_binary(Ref<GBytes>::adopt(g_bytes_new(large.data(), large.size())));
        CHECK(harness.with([&] { return client.read_close(); }) == 1008);
    }
    session.reset();
    client.hang_up();
    CHECK(Harness::until([&] { return harness.server().statistics().websockets == 0; }));
    CHECK(drained >= 3);
}

TEST_CASE("a client that pings and does not read does not fill the memory", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    constexpr int pings = 400'000;
    const int pongs = harness.with([port = harness.port()] {
        WebSocketClient client(port);
        std::string some_pings;
        for (int count = 0; count < 10'000; ++count)
            some_pings += frame(fin | ping, std::string(125, 'p'));
        // Ten times what socket buffers hold; the server must go on reading, and answer only now and then.
        for (int count = 0; count < pings; count += 10'000)
            client.send(some_pings);
        client.send(frame(fin | closing, "\x03\xe8"));
        int received = 0;
        auto got = client.read_frame();
        for (; got && got->opcode == pong; got = client.read_frame())
            ++received;
        return got && got->opcode == closing ? received : pings;
    });
    CHECK(pongs < pings / 2);
}

TEST_CASE("a WebSocket is used from other threads", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    WebSocketClient client = harness.with([port = harness.port()] { return WebSocketClient(port); });
    REQUIRE(sessions.open.size() == 1);
    constexpr int messages = 2000;
    std::vector<std::thread> threads;
    for (const char* name : {"a", "b"}) {
        threads.emplace_back([name, session = sessions.open[0]] {
            for (int count = 0; count < messages; ++count)
                session->send_text(fmt::format("{}{}", name, count));
        });
    }
    const bool in_order = harness.with([&] {
        int next_a = 0;
        int next_b = 0;
        for (int count = 0; count < 2 * messages; ++count) {
            const auto got = client.read_frame();
            if (!got) return false;
            int& expected = got->payload[0] == 'a' ? next_a : next_b;
            if (got->payload.substr(1) != std::to_string(expected++)) return false;
        }
        return true;
    });
    CHECK(in_order);
    for (auto& thread : threads)
        thread.join();

    std::thread([session = sessions.open[0]] { session->close(4000, "done"); }).join();
    const int code = harness.with([&] { return client.read_close(); });
    CHECK(code == 4000);
    client.hang_up();
    CHECK(Harness::until([&] { return sessions.closed == 1; }));
}

TEST_CASE("messages sent before a close arrive before it", "[http][websocket]") {
    Harness harness;
    serve_websocket(harness.server(), [](const std::shared_ptr<WebSocket>& session) {
        for (int count = 0; count < 3; ++count)
            session->send_binary(megabyte());
        session->close(1000, "");
    });
    const auto received = harness.with([port = harness.port()] {
        WebSocketClient client(port);
        std::size_t bytes = 0;
        auto got = client.read_frame();
        for (; got && got->opcode == binary; got = client.read_frame())
            bytes += got->payload.size();
        return got && got->opcode == closing ? bytes : 0;
    });
    CHECK(received == std::size_t{3} * 1024 * 1024);
}

TEST_CASE("a silent WebSocket is asked, and closed when it does not answer", "[http][websocket]") {
    Limits limits;
    limits.idle_ms = 100;
    Harness harness(limits);
    Sessions sessions(harness.server());
    SECTION("dead") {
        const bool ended = harness.with([port = harness.port()] {
            WebSocketClient client(port);
            const auto asked = client.read_frame();
            return asked && asked->opcode == ping && !client.read_frame();
        });
        CHECK(ended);
        CHECK(sessions.closed == 1);
    }
    SECTION("alive") {
        const bool stays = harness.with([port = harness.port()] {
            WebSocketClient client(port);
            for (int count = 0; count < 5; ++count) {
                const auto asked = client.read_frame();
                if (!asked || asked->opcode != ping) return false;
                client.send(frame(fin | pong, asked->payload));
            }
            return true;
        });
        CHECK(stays);
    }
}

TEST_CASE("a session ends once, whoever ends it", "[http][websocket]") {
    Harness harness;
    Sessions sessions(harness.server());
    WebSocketClient client = harness.with([port = harness.port()] { return WebSocketClient(port); });
    REQUIRE(sessions.open.size() == 1);
    SECTION("the client hangs up") {
        client.hang_up();
        CHECK(Harness::until([&] { return sessions.closed == 1; }));
    }
    SECTION("the server is destroyed") {
        harness.destroy_server();
        CHECK(sessions.closed == 1);
        CHECK(client.read_close() == 1001);
    }
    SECTION("the server shuts down, the client agrees") {
        auto agreeing = std::async(std::launch::async, [&] {
            const int code = client.read_close();
            client.send(frame(fin | closing, "\x03\xe9"));
            return code;
        });
        harness.server().shutdown(60'000);
        CHECK(sessions.closed == 1);
        CHECK(agreeing.get() == 1001);
    }
    SECTION("the server shuts down, the client does nothing") {
        harness.server().shutdown(10);
        CHECK(sessions.closed == 1);
    }
    sessions.open[0]->send_text("nobody hears this");
    sessions.open[0]->close(1000, "");
    CHECK(sessions.open[0]->queued_bytes() == 0);
    harness.destroy_server();
    CHECK(sessions.closed == 1);
}

TEST_CASE("a WebSocket handler that throws closes the session", "[http][websocket]") {
    Harness harness;
    serve_websocket(harness.server(),
                    [](const std::shared_ptr<WebSocket>&) { throw std::runtime_error("on purpose"); });
    const int code = harness.with([port = harness.port()] { return WebSocketClient(port).read_close(); });
    CHECK(code == 1011);
}

TEST_CASE("an upgrade that a page of another origin asks for gets 403, unless it may", "[http][websocket]") {
    Harness harness;
    const Sessions sessions(harness.server());
    const auto status = [&](std::string_view origin) {
        const std::size_t end_of_head = upgrade_request().size() - 2;
        const std::string line = fmt::format("Origin: {}\r\n", origin);
        return harness.call(upgrade_request().insert(end_of_head, line))->status;
    };
    CHECK(status("https://evil.example") == 101);
    harness.server().allow_websockets({"https://wall.example"});
    CHECK(status("https://wall.example") == 101);
    CHECK(status("https://evil.example") == 403);
}
