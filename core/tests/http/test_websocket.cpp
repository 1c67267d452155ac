// WebSockets: the wire format without sockets, then sessions over real ones.
#include "catch.hpp"
#include "harness.hpp"
#include "websocket_frames.hpp"

#include <fmt/format.h>

#include <atomic>
#include <thread>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

std::string frame(unsigned first_byte, std::string_view payload) {
    std::string result = frame_header(Opcode::binary, payload.size());
    result[0] = static_cast<char>(first_byte);
    result[1] = static_cast<char>(result[1] | 0x80);
    const std::string mask = "\x11\x22\x33\x44";
    result += mask;
    for (std::size_t at = 0; at < payload.size(); ++at)
        result += static_cast<char>(payload[at] ^ mask[at % 4]);
    return result;
}

constexpr unsigned fin = 0x80;
constexpr unsigned text = 0x1;
constexpr unsigned binary = 0x2;
constexpr unsigned closing = 0x8;
constexpr unsigned ping = 0x9;
constexpr unsigned pong = 0xa;

/// "t:hello" for messages, "failed 1002", "more".
std::string next(FrameReader& reader) {
    const auto event = reader.next();
    if (const auto* failure = std::get_if<FrameReader::Failure>(&event)) {
        return fmt::format("failed {}", static_cast<int>(failure->code));
    }
    if (const auto* message = std::get_if<FrameReader::Message>(&event)) {
        return fmt::format("{:x}:{}", static_cast<unsigned>(message->opcode), message->payload);
    }
    return "more";
}

std::string first_of(std::string_view bytes, std::size_t limit = 1000) {
    FrameReader reader(limit);
    reader.feed(bytes);
    return next(reader);
}

std::string upgrade_request(std::string_view path = "/ws") {
    return get(path,
               "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

class WebSocketClient : public Client {
  public:
    explicit WebSocketClient(std::uint16_t port) : Client(port) {
        const auto reply = call(upgrade_request());
        open = reply && reply->status == 101;
    }

    struct Frame {
        unsigned opcode;
        std::string payload;
    };
    std::optional<Frame> read_frame() {
        const std::string start = read(2);
        if (start.size() < 2) return std::nullopt;
        std::size_t length = static_cast<unsigned char>(start[1]);
        if (length >= 126) {
            const std::string more = read(length == 126 ? 2 : 8);
            length = 0;
            for (const char byte : more)
                length = length * 256 + static_cast<unsigned char>(byte);
        }
        Frame result{static_cast<unsigned>(start[0]) & 0x0f, read(length)};
        if (result.payload.size() != length) return std::nullopt;
        return result;
    }
    /// The code of the Close frame that comes, after whatever else; 0 if the connection ends without one.
    int read_close() {
        while (const auto next = read_frame()) {
            if (next->opcode != closing) continue;
            return static_cast<unsigned char>(next->payload[0]) * 256 +
                   static_cast<unsigned char>(next->payload[1]);
        }
        return 0;
    }

    bool open = false;
};

/// Keeps the sessions, counts how they end, and echoes.
struct Sessions {
    explicit Sessions(Server& server) {
        server.on_websocket("/ws", [this](std::shared_ptr<WebSocket> session) {
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
    static const std::string data(1024 * 1024, 'v');
    const auto release = [](gpointer flag) {
        if (flag != nullptr) *static_cast<bool*>(flag) = true;
    };
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(data.data(), data.size(), release, released));
}

}  // namespace

TEST_CASE("WebSocket frames are taken apart in pieces of every size", "[http][websocket]") {
    const std::string long_text(70'000, 'x');
    const std::string input = frame(fin | text, "hello") + frame(binary, "ab") + frame(fin | ping, "p") +
                              frame(0, "") + frame(fin, "cd") + frame(fin | text, std::string(200, 'y')) +
                              frame(fin | binary, long_text) + frame(fin | closing, "\x03\xe8");
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000}, input.size()}) {
        FrameReader reader(100'000);
        std::vector<std::string> events;
        for (std::size_t at = 0; at < input.size(); at += size) {
            reader.feed(std::string_view(input).substr(at, size));
            for (std::string event = next(reader); event != "more"; event = next(reader))
                events.push_back(event);
        }
        CHECK(events == std::vector<std::string>{"1:hello", "9:p", "2:abcd", "1:" + std::string(200, 'y'),
                                                 "2:" + long_text, "8:\x03\xe8"});
    }
}

TEST_CASE("WebSocket frames that are refused", "[http][websocket]") {
    using namespace std::string_view_literals;
    CHECK(first_of("\x81\x05hello") == "failed 1002");                // not masked
    CHECK(first_of(frame(fin | 0x40 | text, "a")) == "failed 1002");  // reserved bit
    CHECK(first_of(frame(fin | 0x3, "a")) == "failed 1002");
    CHECK(first_of(frame(fin | 0xb, "a")) == "failed 1002");
    CHECK(first_of(frame(ping, "a")) == "failed 1002");  // fragmented control frame
    CHECK(first_of(frame(fin | ping, std::string(126, 'a'))) == "failed 1002");
    CHECK(first_of(frame(fin, "a")) == "failed 1002");  // continues nothing
    CHECK(first_of(frame(text, "a") + frame(fin | text, "b")) == "failed 1002");
    CHECK(first_of(frame(fin | text, "\xff")) == "failed 1007");
    CHECK(first_of(frame(text, "\xc3") + frame(fin, "\xa4")) == "1:\xc3\xa4");
    CHECK(first_of(frame(fin | text, "a\0b"sv)) == "1:a\0b"sv);
    CHECK(first_of(frame(fin | text, std::string(1000, 'a'))) == "1:" + std::string(1000, 'a'));
    CHECK(first_of(frame(fin | text, std::string(1001, 'a'))) == "failed 1009");
    CHECK(first_of(frame(text, std::string(600, 'a')) + frame(0, std::string(401, 'a'))) == "failed 1009");
    CHECK(first_of("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff") == "failed 1009");

    FrameReader reader(1000);
    for (int count = 0; count < 100'000; ++count)
        reader.feed(frame(count == 0 ? text : 0, ""));
    CHECK(next(reader) == "more");
}

TEST_CASE("a close reason is cut between characters", "[http][websocket]") {
    std::string reason(122, 'a');
    reason += "\xc3\xa4";
    CHECK(close_payload(1000, reason) == "\x03\xe8" + std::string(122, 'a'));
    CHECK(close_payload(1008, "why") == "\x03\xf0why");
}

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

    harness.server().on_websocket("/ws", nullptr);
    CHECK(harness.call(upgrade_request())->status == 200);
    CHECK(sessions.open.size() == 1);
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
    const auto code_after = [&](std::string bytes) {
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
    harness.server().on_websocket("/ws", [&](std::shared_ptr<WebSocket> opened) {
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
    harness.server().on_websocket("/ws", [](std::shared_ptr<WebSocket> session) {
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
    CHECK(received == 3 * 1024 * 1024);
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
    harness.server().on_websocket("/ws",
                                  [](std::shared_ptr<WebSocket>) { throw std::runtime_error("on purpose"); });
    const int code = harness.with([port = harness.port()] { return WebSocketClient(port).read_close(); });
    CHECK(code == 1011);
}
