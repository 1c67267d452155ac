// Viewers at the ports that all share, over real sockets.
#include "await.hpp"
#include "catch.hpp"
#include "test_client.hpp"
#include "viewer.hpp"

#include <fmt/format.h>

#include <atomic>
#include <random>

using namespace rill;
using namespace rill::webrtc::ice;
using namespace rill::webrtc::ice::test;
using rill::test::await;

namespace {

const Address loopback = *parse_listening("127.0.0.1:0");

template <class T>
T need(Result<T> result) {
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result);
    return std::move(*result);
}

LocalPorts both_ports() {
    return {need(UdpPort::at("127.0.0.1:0")), need(TcpPort::at("127.0.0.1:0"))};
}

/// A viewer, and what was heard of it.
struct Heard {
    std::mutex mutex;
    std::vector<Bytes> packets;  // locked: mutex
    std::atomic<int> connected{0};
    Viewer viewer;

    explicit Heard(const LocalPorts& ports, const std::string& ufrag = "ours")
        : viewer(ports, {"127.0.0.1"},
                 {[this] { ++connected; },
                  [this](Packet packet) {
                      const std::lock_guard lock(mutex);
                      packets.emplace_back(packet.begin(), packet.end());
                  }}) {
        viewer.add({ufrag, "password-of-" + ufrag});
    }
    std::vector<Bytes> all() {
        const std::lock_guard lock(mutex);
        return packets;
    }
    void send(const Bytes& bytes) {
        const Packet packet(bytes);
        viewer.peer()->send({&packet, 1});
    }
};

Client::Check right(const std::string& ufrag = "ours", bool use_candidate = false) {
    return {ufrag, "password-of-" + ufrag, use_candidate};
}

std::string told(const Client& client) {
    return fmt::format("{} {}", client.address().ip_text(), client.address().port);
}

using Packets = std::vector<Bytes>;
const Bytes dtls{22, 1, 2, 3};
const Bytes media{0x80, 7, 7, 7};

std::unique_ptr<Client> client_at(const LocalPorts& ports, bool tcp) {
    if (tcp) return std::make_unique<TcpClient>(ports.tcp->address());
    return std::make_unique<UdpClient>(ports.udp->address());
}

}  // namespace

TEST_CASE("a check opens the way in both directions") {
    const bool tcp = GENERATE(false, true);
    CAPTURE(tcp);
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    const auto client = client_at(ports, tcp);
    heard.send(media);  // to nobody yet
    CHECK(client->check(right()) == told(*client));
    CHECK(client->check(right()) == told(*client));
    CHECK(heard.connected == 1);
    client->send(dtls);
    CHECK(await([&] { return heard.all() == Packets{dtls}; }));
    heard.send(media);
    CHECK(client->receive() == media);
    const auto route = heard.viewer.peer()->selected();
    REQUIRE(route);
    CHECK(route->protocol == (tcp ? "tcp" : "udp"));
    CHECK(route->remote == client->address());
    CHECK(route->local == (tcp ? ports.tcp->address() : ports.udp->address()));
}

TEST_CASE("without our password nothing is opened") {
    const bool tcp = GENERATE(false, true);
    CAPTURE(tcp);
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    const auto client = client_at(ports, tcp);
    Client::Check wrong = right();
    wrong.password += "x";
    CHECK(client->check(wrong) == "401");
    const auto another = client_at(ports, tcp);
    another->send(dtls);
    if (tcp) CHECK(dynamic_cast<TcpClient&>(*another).is_hung_up());
    // What comes after it by the same thread has been read: so was that.
    const auto good = client_at(ports, tcp);
    CHECK(good->check(right()) == told(*good));
    CHECK(heard.all().empty());
    CHECK(heard.viewer.peer()->selected()->remote == good->address());
}

TEST_CASE("viewers at one port are kept apart") {
    const LocalPorts ports = both_ports();
    Heard one(ports, "one");
    Heard two(ports, "two");
    UdpClient first(ports.udp->address());
    TcpClient second(ports.tcp->address());
    UdpClient stranger(ports.udp->address());
    CHECK(first.check(right("one")) == told(first));
    CHECK(second.check(right("two")) == told(second));
    stranger.send(stranger.request(right("three")));
    stranger.send(dtls);
    first.send({22, 1});
    second.send({22, 2});
    CHECK(await([&] { return one.all() == Packets{Bytes{22, 1}}; }));
    CHECK(await([&] { return two.all() == Packets{Bytes{22, 2}}; }));
    one.send({0x80, 1});
    two.send({0x80, 2});
    CHECK(first.receive() == Bytes{0x80, 1});
    CHECK(second.receive() == Bytes{0x80, 2});
}

TEST_CASE("an address that another viewer had is that of the one who checks from it") {
    const LocalPorts ports = both_ports();
    Heard one(ports, "one");
    Heard two(ports, "two");
    UdpClient client(ports.udp->address());
    CHECK(client.check(right("one")) == told(client));
    CHECK(client.check(right("two")) == told(client));
    client.send(dtls);
    CHECK(await([&] { return two.all() == Packets{dtls}; }));
    CHECK(one.all().empty());
}

TEST_CASE("media goes where the viewer chose last") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    UdpClient wifi(ports.udp->address());
    UdpClient mobile(ports.udp->address());
    CHECK(wifi.check(right("ours", true)) == told(wifi));
    // It is tried, and not chosen.
    CHECK(mobile.check(right("ours", false)) == told(mobile));
    heard.send({0x80, 1});
    CHECK(wifi.receive() == Bytes{0x80, 1});
    CHECK(mobile.check(right("ours", true)) == told(mobile));
    heard.send({0x80, 2});
    CHECK(mobile.receive() == Bytes{0x80, 2});
    CHECK(heard.connected == 1);
    // What comes by the other is the viewer's as before.
    wifi.send(dtls);
    CHECK(await([&] { return heard.all() == Packets{dtls}; }));
}

TEST_CASE("a viewer that thinks we lead is told that we do not") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    UdpClient client(ports.udp->address());
    Client::Check check = right();
    check.controlling = false;
    CHECK(client.check(check) == "487");
    CHECK(heard.connected == 0);
}

TEST_CASE("old credentials hold until a restart after the next") {
    const LocalPorts ports = both_ports();
    Heard heard(ports, "first");
    heard.viewer.add({"second", "password-of-second"});
    UdpClient client(ports.udp->address());
    CHECK(client.check(right("first")) == told(client));
    CHECK(client.check(right("second", true)) == told(client));
    heard.viewer.add({"third", "password-of-third"});
    client.send(client.request(right("first")));
    // Had the first been answered, its answer would come before this one, and not fit the question.
    CHECK(client.check(right("third")) == told(client));
    CHECK(client.check(right("second")) == told(client));
}

TEST_CASE("who is gone is answered no more") {
    const LocalPorts ports = both_ports();
    Heard gone(ports, "gone");
    Heard here(ports, "here");
    UdpClient client(ports.udp->address());
    CHECK(client.check(right("gone")) == told(client));
    gone.viewer.close();
    client.send(dtls);
    client.send(client.request(right("gone")));
    CHECK(client.check(right("here")) == told(client));
    CHECK(gone.all().empty());
    CHECK(gone.viewer.peer()->selected() == nullptr);
    gone.send(media);
    here.send({0x80, 9});
    CHECK(client.receive() == Bytes{0x80, 9});
}

TEST_CASE("of a viewer's addresses the newest are known") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (int count = 0; count < 17; ++count) {
        clients.push_back(std::make_unique<UdpClient>(ports.udp->address()));
        CHECK(clients.back()->check(right()) == told(*clients.back()));
    }
    clients[0]->send({22, 0});
    clients[1]->send({22, 1});
    clients[16]->send({22, 16});
    CHECK(await([&] { return heard.all().size() == 2; }));
    CHECK(heard.all() == Packets{Bytes{22, 1}, Bytes{22, 16}});
}

TEST_CASE("TCP's packets come in any pieces") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    TcpClient client(ports.tcp->address());
    Bytes stream = client.request(right());
    stream.insert(stream.begin(), {0, static_cast<std::uint8_t>(stream.size())});
    for (const std::uint8_t byte : stream)
        client.write({byte});
    CHECK(client.receive());
    client.write({0, 2, 22, 1, 0, 0, 0, 3, 22, 2});
    client.write({3, 0, 1, 23});
    CHECK(await([&] { return heard.all().size() == 4; }));
    CHECK(heard.all() == Packets{Bytes{22, 1}, Bytes{}, Bytes{22, 2, 3}, Bytes{23}});
}

TEST_CASE("a TCP connection that brings nonsense is closed") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    TcpClient http(ports.tcp->address());
    http.write({'G', 'E', 'T', ' ', '/', '\r', '\n'});
    CHECK(http.is_hung_up());
    TcpClient viewer(ports.tcp->address());
    CHECK(viewer.check(right()) == told(viewer));
    viewer.write({0xff, 0xff, 1});
    CHECK(viewer.is_hung_up());
    heard.send(media);
    TcpClient again(ports.tcp->address());
    CHECK(again.check(right("ours", true)) == told(again));
    heard.send(media);
    CHECK(again.receive() == media);
}

TEST_CASE("who only connects keeps no viewer out") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    std::vector<std::unique_ptr<TcpClient>> strangers;
    strangers.reserve(300);
    for (int count = 0; count < 300; ++count)
        strangers.push_back(std::make_unique<TcpClient>(ports.tcp->address()));
    TcpClient viewer(ports.tcp->address());
    CHECK(viewer.check(right()) == told(viewer));
    CHECK(strangers.front()->is_hung_up());
}

TEST_CASE("a TCP viewer that does not read stops nobody") {
    const LocalPorts ports = both_ports();
    Heard slow(ports, "slow");
    Heard other(ports, "other");
    TcpClient deaf(ports.tcp->address());
    CHECK(deaf.check(right("slow")) == told(deaf));
    // More than the kernel holds for it; what finds no room is lost, each after a tenth of a second.
    const Bytes large(1200, 0x80);
    std::vector<Packet> burst(20'000, Packet(large));
    slow.viewer.peer()->send(burst);
    TcpClient quick(ports.tcp->address());
    CHECK(quick.check(right("other")) == told(quick));
    for (int count = 0; count < 3; ++count)
        deaf.send(deaf.request(right("slow")));
    CHECK(quick.check(right("other")) == told(quick));
    // What it reads at last is whole packets.
    for (int count = 0; count < 1000; ++count)
        REQUIRE(deaf.receive() == large);
}

TEST_CASE("noise at the UDP port harms nobody") {
    const LocalPorts ports = both_ports();
    Heard heard(ports);
    UdpClient client(ports.udp->address());
    UdpClient noise(ports.udp->address());
    std::minstd_rand random(3);
    const Bytes good = client.request(right());
    for (int round = 0; round < 2000; ++round) {
        Bytes bytes = good;
        bytes.resize(random() % (good.size() + 1));
        for (std::size_t at = 0; at < bytes.size(); at += 1 + random() % 40)
            bytes[at] = static_cast<std::uint8_t>(random());
        noise.send(bytes);
    }
    noise.send({});
    noise.send(Bytes(4000, 22));
    CHECK(client.check(right()) == told(client));
    CHECK(heard.all().empty());
}

TEST_CASE("a port is one for the whole process, and free when nobody holds it") {
    auto port = need(UdpPort::at("127.0.0.1:0"));
    CHECK(need(UdpPort::at("127.0.0.1:0")) == port);
    const std::string taken = fmt::format("127.0.0.1:{}", port->address().port);
    const auto refused = UdpPort::at(taken);
    REQUIRE_FALSE(refused);
    CHECK(
        refused.error().message.starts_with("webrtcLocalUDPAddress " + taken + ": Address already in use; "));
    port.reset();
    CHECK(need(UdpPort::at(taken))->address().port == parse_listening(taken)->port);
    CHECK_FALSE(UdpPort::at("nowhere"));
    CHECK_FALSE(TcpPort::at("192.0.2.1:0"));
}

TEST_CASE("a port of every address says which one was written to") {
    const LocalPorts ports{need(UdpPort::at(":0")), need(TcpPort::at("[::]:0"))};
    Heard heard(ports);
    for (const char* const ip : {"127.0.0.1", "127.0.0.2"}) {
        CAPTURE(ip);
        UdpClient client(*Address::parse(ip, ports.udp->address().port));
        CHECK(client.check(right("ours", true)) == told(client));
        CHECK(heard.viewer.peer()->selected()->local == *Address::parse(ip, ports.udp->address().port));
        // The client's socket takes only what comes from where it wrote to.
        heard.send(media);
        CHECK(client.receive() == media);
    }
}

TEST_CASE("candidates are the port at each address, UDP before TCP") {
    const LocalPorts ports{need(UdpPort::at(":0")), need(TcpPort::at("0.0.0.0:0"))};
    Viewer viewer(ports, {"192.0.2.1", "2001:db8::1"}, {});
    CHECK(viewer.local_candidates() ==
          std::vector<std::string>{
              fmt::format("candidate:1 1 UDP 2130706431 192.0.2.1 {} typ host", ports.udp->address().port),
              fmt::format("candidate:2 1 UDP 2130706175 2001:db8::1 {} typ host", ports.udp->address().port),
              fmt::format("candidate:3 1 TCP 1526726655 192.0.2.1 {} typ host tcptype passive",
                          ports.tcp->address().port)});
    const LocalPorts bound{need(UdpPort::at("127.0.0.1:0")), nullptr};
    CHECK(Viewer(bound, {"192.0.2.1"}, {}).local_candidates() ==
          std::vector<std::string>{
              fmt::format("candidate:1 1 UDP 2130706431 127.0.0.1 {} typ host", bound.udp->address().port)});
}
