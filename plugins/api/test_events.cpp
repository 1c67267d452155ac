#include "catch.hpp"
#include "event_queue.hpp"
#include "event_streams.hpp"
#include "testing.hpp"

#include <deque>

using namespace rill;
using namespace rill::api;
using namespace rill::api::testing;

namespace {

/// A client of /api/v1/events, on a thread beside the server.
class Listener {
  public:
    explicit Listener(std::uint16_t port, const std::string& query = "", const std::string& last = "")
        : client_(port) {
        const std::string header = last.empty() ? "" : "Last-Event-ID: " + last + "\r\n";
        const auto reply =
            client_.call("GET /api/v1/events" + query + " HTTP/1.1\r\nHost: test\r\n" + header + "\r\n");
        if (!reply) return;
        status = reply->status;
        type = reply->headers.at("content-type");
        if (status == 200) next();  // "retry": from here on nothing is missed
    }
    /// The next event; empty at the end.
    std::string next() {
        while (text_.find("\n\n") == std::string::npos) {
            const std::string chunk = read_chunk();
            if (chunk.empty()) return "";
            text_ += chunk;
        }
        const auto end = text_.find("\n\n") + 2;
        std::string event = text_.substr(0, end);
        text_.erase(0, end);
        return event;
    }
    void hang_up() { client_.hang_up(); }

    int status = 0;
    std::string type;

  private:
    std::string read_chunk() {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const std::string byte = client_.read(1);
            if (byte.empty()) return "";
            line += byte;
        }
        std::string chunk = client_.read(std::stoul(line, nullptr, 16));
        client_.read(2);
        return chunk;
    }

    http::test::Client client_;
    std::string text_;
};

Event event_of(EventKind kind, const std::string& path) {
    return {.kind = kind, .path = path, .time_us = ten_us};
}

/// "…-7"
std::string id_of(const std::string& event) {
    const auto start = event.find("id: ") + 4;
    return event.substr(start, event.find('\n', start) - start);
}

EventText text(const std::string& value) {
    return std::make_shared<const std::string>(value);
}

/// What a queue gives to one read.
std::string read(EventQueue& queue) {
    std::string out = "nothing";
    queue.read(256u << 10, [&out](Result<http::BodySource::Piece> piece) {
        out.clear();
        for (const auto& bytes : *piece)
            out.append(static_cast<const char*>(g_bytes_get_data(bytes.get(), nullptr)),
                       g_bytes_get_size(bytes.get()));
    });
    return out;
}

}  // namespace

TEST_CASE("events arrive as Server-Sent Events") {
    ApiSite site;
    site.start();
    const auto event = site.harness().with([&] {
        Listener listener(site.port());
        CHECK(listener.status == 200);
        CHECK(listener.type == "text/event-stream");
        Event lost = event_of(EventKind::path_offline, "site/door");
        lost.reason = "it does\nnot answer";
        site.events().tell(lost);
        return listener.next();
    });
    CHECK(event.ends_with(
        "\nevent: pathOffline\n"
        R"(data: {"event":"pathOffline","path":"site/door","time":"2026-01-08T10:00:00.000000Z",)"
        R"("alarm":true,"details":{"reason":"it does\nnot answer"}})"
        "\n\n"));
    CHECK(event.starts_with("id: "));
}

TEST_CASE("a client may ask for one path") {
    ApiSite site;
    site.start();
    const auto event = site.harness().with([&] {
        Listener listener(site.port(), "?path=site%2Fdoor");
        site.events().tell(event_of(EventKind::path_online, "site"));
        site.events().tell(event_of(EventKind::storage_failed, ""));
        site.events().tell(event_of(EventKind::path_online, "site/door"));
        return listener.next();
    });
    CHECK(event.find(R"("path":"site/door")") != std::string::npos);
}

TEST_CASE("who comes back gets what it has missed") {
    ApiSite site;
    site.start();
    site.harness().with([&] {
        Listener first(site.port());
        site.events().tell(event_of(EventKind::path_online, "a"));
        const std::string id = id_of(first.next());
        first.hang_up();
        site.events().tell(event_of(EventKind::path_offline, "a"));
        site.events().tell(event_of(EventKind::path_online, "b"));
        Listener again(site.port(), "", id);
        CHECK(again.next().find("pathOffline") != std::string::npos);
        CHECK(again.next().find(R"("path":"b")") != std::string::npos);
        // More than is kept.
        for (std::size_t i = 0; i < EventStreams::most_kept + 8; ++i)
            site.events().tell(event_of(EventKind::path_online, "c"));
        Listener late(site.port(), "", id);
        CHECK(late.next() == "event: lost\ndata: {\"lost\":10}\n\n");
        CHECK(late.next().find("pathOnline") != std::string::npos);
        return 0;
    });
}

TEST_CASE("of an id that is not known the client is told that something is missing") {
    const std::string id = GENERATE(as<std::string>(), "1-1", "nonsense", "-", "18446744073709551616");
    ApiSite site;
    site.start();
    const auto event = site.harness().with([&] { return Listener(site.port(), "", id).next(); });
    CHECK(event == "event: lost\ndata: {\"lost\":null}\n\n");
}

TEST_CASE("there are no more clients than the limit, and the end of one makes room") {
    ApiSite site;
    site.start();
    site.harness().with([&] {
        std::deque<Listener> clients;
        while (clients.size() < EventStreams::most_clients) {
            clients.emplace_back(site.port());
            CHECK(clients.back().status == 200);
        }
        CHECK(Listener(site.port()).status == 429);
        clients.pop_front();
        // It is let go of with the next event.
        site.events().tell(event_of(EventKind::path_online, "a"));
        while (Listener(site.port()).status != 200)
            site.events().tell(event_of(EventKind::path_online, "a"));
        return 0;
    });
}

TEST_CASE("when the server stops, the events end") {
    ApiSite site;
    site.start();
    site.harness().with([&] {
        Listener listener(site.port());
        site.loop().post([&] { site.stop(); });
        CHECK(listener.next().empty());
        CHECK(Listener(site.port()).status == 503);
        return 0;
    });
}

TEST_CASE("events can only be read") {
    ApiSite site;
    CHECK(site.call("POST", "/api/v1/events").status == 405);
}

TEST_CASE("nobody observes before the first client") {
    ApiSite site;
    site.start();
    CHECK_FALSE(site.events().observed());
}

TEST_CASE("a slow client loses the oldest events and is told how many") {
    EventQueue queue;
    for (std::size_t i = 0; i < EventQueue::most_events + 5; ++i)
        queue.push(text(fmt::format("{}\n\n", i)));
    const std::string got = read(queue);
    CHECK(got.starts_with("event: lost\ndata: {\"lost\":5}\n\n5\n\n6\n\n"));
    CHECK(got.ends_with(fmt::format("\n\n{}\n\n", EventQueue::most_events + 4)));
    queue.push(text("next\n\n"));
    CHECK(read(queue) == "next\n\n");
}

TEST_CASE("what waits is bounded by its size, too") {
    EventQueue queue;
    const std::string large(EventQueue::most_bytes / 8, 'x');
    for (int i = 0; i < 10; ++i)
        queue.push(text(large));
    CHECK(read(queue).starts_with("event: lost\ndata: {\"lost\":2}\n\nx"));
}

TEST_CASE("a comment keeps the connection of who waits, and of nobody else") {
    EventQueue queue;
    queue.keep_alive();
    std::string got;
    queue.read(1000, [&](Result<http::BodySource::Piece> piece) {
        gsize size = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(piece->front().get(), &size));
        got.assign(data, size);
    });
    CHECK(got.empty());
    queue.keep_alive();
    CHECK(got == ":\n\n");
    queue.push(text("an event\n\n"));
    queue.keep_alive();
    CHECK(read(queue) == "an event\n\n");
}

TEST_CASE("a queue that is closed ends after what waits") {
    EventQueue queue;
    queue.push(text("last\n\n"));
    queue.close();
    queue.push(text("later\n\n"));
    CHECK(read(queue) == "last\n\n");
    CHECK(read(queue).empty());
}
