// A client of the WebSocket that reads when the test says so.
#include "catch.hpp"
#include "fake_socket.hpp"
#include "socket_client.hpp"

#include <vector>

using namespace rill;
using namespace rill::frames;
using rill::frames::testing::FakeSocket;

namespace {

PicturePtr picture(std::uint64_t sequence, std::size_t bytes = 10) {
    Description description;
    description.stamp.sequence = sequence;
    description.stamp.running = std::chrono::milliseconds(40 * sequence);
    auto message = Ref<GBytes>::adopt(g_bytes_new_take(g_malloc0(bytes), bytes));
    return std::make_shared<const Picture>(Picture{description, message, message});
}

struct Stand {
    explicit Stand(SocketClient::Bounds bounds, Nanoseconds interval = Nanoseconds(0))
        : client(socket, interval) {
        client.set_bounds(bounds);
        const auto door = std::make_shared<Door>([](const std::function<void()>& work) { work(); });
        client.keep(std::make_shared<Attachment>(
            door, [] {}, counters, nullptr));
    }
    void deliver(const PicturePtr& each) {
        if (client.wants(each->description.stamp)) client.deliver(each);
        given.push_back(each);
    }
    /// Which of those that were given was sent as number `n`.
    std::uint64_t sent(std::size_t n) const {
        for (const PicturePtr& each : given) {
            if (each->message.get() == socket->sent().at(n).get()) return each->description.stamp.sequence;
        }
        return 0;
    }
    const std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
    const std::shared_ptr<Counters> counters = std::make_shared<Counters>();
    std::vector<PicturePtr> given;
    SocketClient client;
};

}  // namespace

TEST_CASE("a client that keeps up gets every picture at once") {
    Stand stand({.pictures = 3});
    for (std::uint64_t i = 1; i <= 5; ++i) {
        stand.deliver(picture(i));
        REQUIRE(stand.socket->sent().size() == i);
        CHECK(stand.sent(i - 1) == i);
        stand.client.drained();
    }
    CHECK(stand.counters->dropped == 0);
    CHECK(stand.counters->sent == 5);
    CHECK(stand.counters->sent_bytes == 50);
}

TEST_CASE("for a slow client the oldest that wait go") {
    Stand stand({.pictures = 3});
    for (std::uint64_t i = 1; i <= 10; ++i)
        stand.deliver(picture(i));
    // One on its way, three wait, six are gone.
    CHECK(stand.socket->sent().size() == 1);
    CHECK(stand.counters->dropped == 6);
    for (int i = 0; i < 5; ++i)
        stand.client.drained();
    REQUIRE(stand.socket->sent().size() == 4);
    CHECK(stand.sent(1) == 8);
    CHECK(stand.sent(2) == 9);
    CHECK(stand.sent(3) == 10);
    stand.deliver(picture(11));
    CHECK(stand.sent(4) == 11);
}

TEST_CASE("what waits is bounded in bytes, too, but the newest always may") {
    Stand stand({.pictures = 100, .bytes = 1000});
    for (std::uint64_t i = 1; i <= 10; ++i)
        stand.deliver(picture(i, 400));
    CHECK(stand.counters->dropped == 7);
    stand.deliver(picture(11, 5000));
    CHECK(stand.counters->dropped == 9);
    stand.client.drained();
    CHECK(stand.sent(1) == 11);
}

TEST_CASE("a client gets as many pictures a second as it wants") {
    Stand stand({}, std::chrono::milliseconds(100));
    for (std::uint64_t i = 1; i <= 50; ++i) {
        stand.deliver(picture(i));
        stand.client.drained();
    }
    CHECK(stand.socket->sent().size() == Approx(20).margin(1));
}

TEST_CASE("a client that is gone gets nothing, and one that is closed is told why") {
    Stand stand({});
    stand.deliver(picture(1));
    stand.deliver(picture(2));
    SECTION("gone") {
        stand.client.abandon();
        stand.client.close({Code::not_found, "stopped"});
        CHECK(stand.socket->closed().empty());
    }
    SECTION("closed") {
        stand.client.close({Code::not_found, "stopped"});
        CHECK(stand.socket->closed() == "1001 stopped");
    }
    CHECK_FALSE(stand.client.wants(Stamp{}));
    const std::size_t sent = stand.socket->sent().size();
    stand.client.deliver(picture(3));
    stand.client.drained();
    CHECK(stand.socket->sent().size() == sent);
}
