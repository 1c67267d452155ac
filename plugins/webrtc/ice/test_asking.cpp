// What a viewer is asked at its candidates, over real sockets.
#include "await.hpp"
#include "catch.hpp"
#include "test_client.hpp"
#include "viewer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

using namespace rill;
using namespace rill::webrtc::ice;
using namespace rill::webrtc::ice::test;
using rill::test::await;

namespace {

const Credentials ours{"ours", "password-of-ours"};
const Credentials theirs{"theirs", "password-of-theirs"};
const Client::Check right{ours.ufrag, ours.password};

std::string candidate(const std::string& ip, unsigned port, const std::string& transport = "udp 2130706431",
                      unsigned component = 1) {
    return fmt::format("candidate:1 {} {} {} {} typ host", component, transport, ip, port);
}

std::string candidate(const Client& client) {
    return candidate(client.address().ip_text(), client.address().port);
}

std::shared_ptr<UdpPort> opened(const std::string& at) {
    auto port = UdpPort::at(at);
    INFO((port ? std::string() : port.error().message));
    REQUIRE(port);
    return *port;
}

/// A viewer at a port of the loopback, which knows nothing yet.
struct Rig {
    std::shared_ptr<UdpPort> port;
    std::atomic<int> connected{0};
    std::atomic<int> received{0};
    Viewer viewer;

    explicit Rig(const std::string& at = "127.0.0.1:0", const std::string& own_address = "127.0.0.1")
        : port(opened(at)),
          viewer({port, nullptr}, {own_address}, {[this] { ++connected; }, [this](Packet) { ++received; }}) {}

    void know_both() {
        viewer.set_remote(theirs);
        viewer.add(ours);
    }
    /// One more question.
    void ask(const Client& client) {
        const std::size_t before = open();
        viewer.note_remote(candidate(client));
        REQUIRE(open() == before + 1);
    }
    std::size_t open() { return port->asker().open(); }
    UdpClient client() { return UdpClient(Address{*Address::parse("127.0.0.1", port->address().port)}); }
};

/// The next question, and nothing else before it.
std::string asked(UdpClient& client, const Credentials& viewer = theirs) {
    const auto packet = client.receive();
    return packet ? read_check(*packet, viewer.password) : "nothing";
}

}  // namespace

TEST_CASE("a viewer is asked once its credentials, ours and a candidate are known") {
    std::vector<int> order{0, 1, 2};
    do {
        CAPTURE(order);
        Rig rig;
        UdpClient client = rig.client();
        for (const int step : order) {
            CHECK(rig.open() == 0);
            if (step == 0) rig.viewer.add(ours);
            if (step == 1) rig.viewer.set_remote(theirs);
            if (step == 2) rig.viewer.note_remote(candidate(client));
        }
        REQUIRE(rig.open() == 1);
        // RFC 8445 §7.1.1: the priority of a peer-reflexive candidate.
        CHECK(asked(client) == fmt::format("theirs:ours controlled {}", (110U << 24) + (65535U << 8) + 255));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("questions are told apart by their transactions") {
    Rig rig;
    UdpClient one = rig.client();
    UdpClient two = rig.client();
    rig.know_both();
    rig.ask(one);
    rig.ask(two);
    const auto first = one.receive();
    const auto second = two.receive();
    REQUIRE((first && second));
    CHECK(Bytes(first->begin() + 8, first->begin() + 20) != Bytes(second->begin() + 8, second->begin() + 20));
}

TEST_CASE("a viewer is asked until its own check comes") {
    Rig rig;
    UdpClient client = rig.client();
    UdpClient another = rig.client();
    rig.know_both();
    rig.ask(client);
    const auto first = client.receive();
    REQUIRE(first);
    // Of each section the same is told.
    rig.viewer.set_remote(theirs);
    CHECK(rig.open() == 1);
    CHECK(client.receive() == first);
    CHECK(rig.open() == 1);
    // By whichever way it comes.
    CHECK(another.check(right) != "nothing");
    CHECK(await([&] { return rig.connected == 1; }));
    CHECK(await([&] { return rig.open() == 0; }));
    CHECK(client.is_quiet());
    rig.viewer.note_remote(candidate(another));
    CHECK(await([&] { return rig.open() == 0; }));
    CHECK(another.is_quiet());
}

TEST_CASE("who does not answer is asked four times") {
    Rig rig;
    UdpClient client = rig.client();
    rig.know_both();
    rig.ask(client);
    CHECK(await([&] { return rig.open() == 0; }));
    const auto first = client.receive();
    for (int count = 1; count < 4; ++count)
        REQUIRE(client.receive() == first);
    CHECK(client.is_quiet());
}

TEST_CASE("an answer opens nothing") {
    const bool leads = GENERATE(true, false);
    CAPTURE(leads);
    Rig rig;
    UdpClient client = rig.client();
    // Even one that has our name and password in it, as a viewer may have it by a restart.
    rig.viewer.add(ours);
    rig.viewer.set_remote(ours);
    rig.ask(client);
    const auto question = client.receive();
    REQUIRE(question);
    client.send(answer_to(*question, ours.password, leads));
    client.send({22, 1, 2, 3});
    // What comes after it by the same thread has been read: so was that.
    UdpClient another = rig.client();
    CHECK(another.check({ours.ufrag, "wrong"}) == "401");
    while (!client.is_quiet())
        CHECK(client.receive() == question);
    CHECK(rig.connected == 0);
    CHECK(rig.received == 0);
    CHECK(rig.viewer.peer()->selected() == nullptr);
}

TEST_CASE("only what can be a viewer's UDP socket is asked") {
    Rig rig;
    UdpClient client = rig.client();
    const unsigned port = client.address().port;
    rig.know_both();
    for (const std::string& wrong :
         {candidate("0b6d5cf2-5f5a-4c5b-a1f1-1c6f3b6a7d3e.local", port), candidate("localhost", port),
          candidate("127.0.0.1", port, "TCP 2105524479"), candidate("127.0.0.1", port, "udp 1", 2),
          candidate("127.0.0.1", 0), candidate("127.0.0.1", 65536 + port), candidate("0.0.0.0", port),
          candidate("::", port), candidate("224.0.0.1", port), candidate("239.255.255.250", port),
          candidate("::ffff:224.0.0.1", port), candidate("ff02::1", port), std::string("candidate:1 1 udp"),
          std::string()}) {
        CAPTURE(wrong);
        rig.viewer.note_remote(wrong);
        CHECK(rig.open() == 0);
    }
    CHECK(client.is_quiet());
    rig.viewer.note_remote(candidate("127.0.0.1", port, "UDP 1"));
    CHECK(rig.open() == 1);
}

TEST_CASE("a viewer elsewhere has nothing asked on this machine's loopback") {
    Rig rig(":0", "192.0.2.1");
    UdpClient client = rig.client();
    rig.know_both();
    rig.viewer.note_remote(candidate(client));
    rig.viewer.note_remote(candidate("127.8.9.1", 9));
    rig.viewer.note_remote(candidate("::1", 9));
    CHECK(rig.open() == 0);
    CHECK(client.is_quiet());
}

TEST_CASE("a viewer of IPv6 is asked there") {
    // Not every machine has it.
    if (!UdpPort::at("[::1]:0")) return;
    Rig rig("[::1]:0", "::1");
    UdpClient client(rig.port->address());
    rig.know_both();
    rig.ask(client);
    CHECK(asked(client).starts_with("theirs:ours "));
}

TEST_CASE("of a viewer's candidates the first sixteen are asked, each once") {
    Rig rig;
    std::vector<UdpClient> clients;
    while (clients.size() < 17)
        clients.push_back(rig.client());
    for (const UdpClient& client : clients) {
        rig.viewer.note_remote(candidate(client));
        rig.viewer.note_remote(candidate(client));
    }
    rig.know_both();
    REQUIRE(rig.open() == 16);
    for (std::size_t at = 0; at < 16; ++at)
        REQUIRE(asked(clients[at]).starts_with("theirs:ours "));
    CHECK(clients[16].is_quiet());
    // Nor does a restart make more of it.
    rig.viewer.add({"next", "password-of-next"});
    rig.viewer.set_remote({"newer", "password-of-newer"});
    rig.viewer.note_remote(candidate(clients[16]));
    CHECK(rig.open() == 0);
}

TEST_CASE("after a restart the new candidates are asked, with the new credentials") {
    Rig rig;
    UdpClient before = rig.client();
    UdpClient after = rig.client();
    UdpClient checking = rig.client();
    rig.know_both();
    rig.ask(before);
    CHECK(asked(before).starts_with("theirs:ours "));
    CHECK(checking.check(right) != "nothing");
    const Credentials newer{"newer", "password-of-newer"};
    rig.viewer.add({"next", "password-of-next"});
    rig.viewer.set_remote(newer);
    CHECK(rig.open() == 0);
    rig.ask(after);
    CHECK(asked(after, newer).starts_with("newer:next "));
    // The old way holds, and is no answer to the new question.
    CHECK(checking.check(right) != "nothing");
    CHECK(asked(after, newer).starts_with("newer:next "));
    CHECK(checking.check({"next", "password-of-next"}) != "nothing");
    CHECK(await([&] { return rig.open() == 0; }));
}

TEST_CASE("who is gone is asked no more") {
    Rig rig;
    Rig other;
    UdpClient client = rig.client();
    UdpClient late = rig.client();
    UdpClient others = other.client();
    UdpClient checking = other.client();
    rig.know_both();
    other.viewer.set_remote(theirs);
    other.viewer.add({"others", "password-of-others"});
    other.ask(others);
    rig.ask(client);
    CHECK(asked(client).starts_with("theirs:ours "));
    rig.viewer.close();
    // They share the port.
    CHECK(rig.open() == 1);
    while (!client.is_quiet())
        client.receive();
    // As webrtcbin may still do.
    rig.viewer.add({"late", "password-of-late"});
    rig.viewer.note_remote(candidate(late));
    CHECK(asked(others).starts_with("theirs:others "));
    CHECK(checking.check({"others", "password-of-others"}) != "nothing");
    CHECK(await([&] { return rig.open() == 0; }));
    CHECK(client.is_quiet());
    CHECK(late.is_quiet());
}
