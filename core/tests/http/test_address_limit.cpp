// How many connections an address may have. This machine's own addresses are not limited, and it may have no
// other: each client here comes from where the test says.
#include "catch.hpp"
#include "harness.hpp"
#include "http/server_core.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

class Gate {
  public:
    explicit Gate(unsigned per_address) {
        core.limits.connections_per_address = per_address;
        core.handler = echo_path;
    }
    /// One whom the server has let in or refused.
    Client client_from(std::string remote) {
        remote_ = std::move(remote);
        Client client(listener_.port());
        REQUIRE(Harness::until([&] { return remote_.empty(); }));
        return client;
    }
    std::vector<Client> clients_from(const std::string& host, unsigned count) {
        std::vector<Client> clients;
        while (clients.size() < count)
            clients.push_back(client_from(host + ":50000"));
        return clients;
    }
    static bool is_served(Client& client) {
        client.send(get("/a"));
        if (!Harness::until([&] { return client.has_input(); })) return false;
        const auto reply = client.read_reply();
        return reply && reply->status == 200;
    }

    ServerCore core{{}, Ref<GMainContext>::retain(g_main_context_default())};

  private:
    void accepted(Fd fd) { core.accept(std::move(fd), {std::exchange(remote_, {}), endpoint_}); }

    const std::shared_ptr<const Endpoint> endpoint_ = std::make_shared<Endpoint>(
        Endpoint{.address = "", .trusted_proxies = {*auth::AddressRange::parse("10.0.0.0/8")}});
    std::string remote_;
    Listener listener_{
        core.poller,
        core.deadlines,
        *open_listener("127.0.0.1:0"),
        {[this](Fd fd, const std::string&) { accepted(std::move(fd)); }, [] { return false; }}};
};

}  // namespace

TEST_CASE("beyond the limit of an address its connections are refused until one ends", "[http][limits]") {
    Gate gate(2);
    auto there = gate.clients_from("192.0.2.7", 2);
    auto refused = gate.client_from("192.0.2.7:50000").read_reply();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(gate.core.counters.rejected == 1);
    CHECK(gate.core.counters.connections == 2);

    there.pop_back();
    REQUIRE(Harness::until([&] { return gate.core.counters.connections == 1; }));
    Client next = gate.client_from("192.0.2.7:50000");
    CHECK(Gate::is_served(next));
    CHECK(Gate::is_served(there.front()));
    CHECK(gate.core.counters.rejected == 1);
}

TEST_CASE("the limit of an address is its own, and none for this machine and its proxies", "[http][limits]") {
    Gate gate(2);
    auto full = gate.clients_from("192.0.2.7", 2);
    auto other = gate.clients_from("192.0.2.8", 2);
    auto own = gate.clients_from("127.0.0.1", 5);
    auto proxy = gate.clients_from("10.1.2.3", 5);
    CHECK(gate.core.counters.rejected == 0);
    CHECK(Gate::is_served(other.back()));
    CHECK(Gate::is_served(own.back()));
    CHECK(Gate::is_served(proxy.back()));
}
