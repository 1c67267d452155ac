// Where a server listens, changed while it runs.
#include "catch.hpp"
#include "harness.hpp"
#include "http/endpoint.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

constexpr const char* any_port = "127.0.0.1:0";

struct Listening : Harness {
    Listening() { server().on_request(echo_path); }
    void listen(std::vector<Endpoint> endpoints) {
        auto open = server().open(std::move(endpoints));
        REQUIRE(open);
        server().put(std::move(*open));
    }
    bool answers(std::uint16_t at) {
        return with([at] { return Client(at).call(get("/a")).has_value(); });
    }
};

}  // namespace

TEST_CASE("addresses come and go while a server runs", "[http]") {
    Listening server;
    const auto first = server.port();
    server.listen({{.address = any_port}, {.address = "127.0.0.2:0"}});
    auto ports = server.server().ports();
    REQUIRE(ports.size() == 2);
    CHECK(ports.front() == first);
    CHECK(server.answers(first));

    server.listen({{.address = "127.0.0.2:0"}});
    CHECK(server.server().ports() == std::vector{ports.back()});
    const auto again = server.server().open({{.address = fmt::format("127.0.0.1:{}", first)}});
    CHECK(again);
}

TEST_CASE("an address that cannot be opened changes nothing", "[http]") {
    // The first counts last: no connection of the other may be open then.
    Listening other;
    Listening server;
    const auto taken = fmt::format("127.0.0.1:{}", other.port());
    const auto open = server.server().open({{.address = "127.0.0.2:0"}, {.address = taken}});
    REQUIRE_FALSE(open);
    CHECK(open.error().message.starts_with("address " + taken + " is already in use: another program"));
    CHECK(server.server().ports().size() == 1);
    CHECK(server.answers(server.port()));
}

TEST_CASE("a connection lasts for as long as nothing of its address changes", "[http]") {
    Listening server;
    const auto port = server.port();
    Client client(port);
    const auto call = [&] { return server.with([&client] { return client.call(get("/a")); }); };
    REQUIRE(call());
    server.listen({{.address = any_port}, {.address = "127.0.0.2:0"}});
    const auto kept = call();
    REQUIRE(kept);
    CHECK(kept->headers.at("connection") != "close");

    server.listen({{.address = any_port, .service = "hls"}});
    CHECK(server.port() == port);
    const auto last = call();
    REQUIRE(last);
    CHECK(last->headers.at("connection") == "close");
    CHECK(server.answers(port));
}
