// Whom a request comes from, when a proxy asks.
#include "catch.hpp"
#include "http/address_seats.hpp"
#include "http/forwarded.hpp"
#include "http/origin.hpp"

using namespace rill;
using namespace rill::http;

namespace {

using Headers = std::map<std::string, std::string>;

Arrival from(const std::string& remote) {
    Endpoint endpoint;
    for (const char* range : {"10.0.0.0/8", "2001:db8:1::/48"})
        endpoint.trusted_proxies.push_back(*auth::AddressRange::parse(range));
    return {remote, std::make_shared<const Endpoint>(std::move(endpoint))};
}

Asker asked(const std::string& remote, Headers headers, bool encrypted = false) {
    Request request;
    request.headers = std::move(headers);
    return asker_of(request, from(remote), encrypted);
}

std::string remote(const std::string& remote, Headers headers) {
    return asked(remote, std::move(headers)).remote;
}

bool secure(Headers headers, bool encrypted = false) {
    return asked("10.0.0.1:1", std::move(headers), encrypted).secure;
}

}  // namespace

TEST_CASE("only a trusted proxy is believed", "[http][forwarded]") {
    const Headers said = {{"x-forwarded-for", "192.0.2.7"}, {"x-forwarded-proto", "https"}};
    CHECK(remote("198.51.100.1:5000", said) == "198.51.100.1:5000");
    CHECK_FALSE(asked("198.51.100.1:5000", said).secure);
    CHECK(remote("10.1.2.3:5000", said) == "192.0.2.7:0");
    CHECK(asked("10.1.2.3:5000", said).secure);
    CHECK(remote("[2001:db8:1::9]:5000", said) == "192.0.2.7:0");
    CHECK(remote("10.1.2.3:5000", {}) == "10.1.2.3:5000");
}

TEST_CASE("of a chain of proxies the last stranger counts", "[http][forwarded]") {
    const auto client = [](const std::string& chain) {
        return remote("10.0.0.1:1", {{"x-forwarded-for", chain}});
    };
    CHECK(client("203.0.113.1, 192.0.2.7, 10.0.0.2") == "192.0.2.7:0");
    CHECK(client("192.0.2.7,10.0.0.2,10.0.0.3") == "192.0.2.7:0");
    CHECK(client("10.0.0.3, 10.0.0.2") == "10.0.0.3:0");
    CHECK(client("2001:db8::7") == "[2001:db8::7]:0");
    CHECK(client("[2001:db8::7]:4711") == "[2001:db8::7]:0");
    CHECK(client("192.0.2.7:4711") == "192.0.2.7:0");
    // What cannot be read ends the chain: it is no address that somebody vouches for.
    CHECK(client("192.0.2.7, unknown, 10.0.0.2") == "10.0.0.2:0");
    CHECK(client("nonsense") == "10.0.0.1:1");
    CHECK(client(", ,") == "10.0.0.1:1");
    CHECK(client(std::string(60'000, ',')) == "10.0.0.1:1");
    CHECK(remote("10.0.0.1:1", {{"x-real-ip", "192.0.2.8"}}) == "192.0.2.8:0");
    CHECK(remote("10.0.0.1:1", {{"x-real-ip", "192.0.2.8"}, {"x-forwarded-for", "192.0.2.7"}}) ==
          "192.0.2.7:0");
}

TEST_CASE("this machine and proxies that speak for themselves have no limits", "[http][forwarded]") {
    const auto is_unlimited = [](const std::string& remote, Headers headers = {}) {
        return asked(remote, std::move(headers)).is_unlimited;
    };
    CHECK(is_unlimited("127.0.0.1:5000"));
    CHECK(is_unlimited("[::1]:5000"));
    CHECK(is_unlimited("10.1.2.3:5000"));
    CHECK(is_unlimited("10.1.2.3:5000", {{"x-forwarded-for", "127.0.0.1"}}));
    CHECK_FALSE(is_unlimited("10.1.2.3:5000", {{"x-forwarded-for", "192.0.2.7"}}));
    CHECK_FALSE(is_unlimited("10.1.2.3:5000", {{"x-real-ip", "192.0.2.7"}}));
    CHECK_FALSE(is_unlimited("198.51.100.1:5000"));
    CHECK_FALSE(is_unlimited("198.51.100.1:5000", {{"x-forwarded-for", "127.0.0.1"}}));
    CHECK_FALSE(is_unlimited("nonsense"));
}

TEST_CASE("a proxy says whether its client speaks HTTPS", "[http][forwarded]") {
    CHECK(secure({{"x-forwarded-proto", "https"}}));
    CHECK(secure({{"x-forwarded-proto", "http, HTTPS"}}));
    CHECK_FALSE(secure({{"x-forwarded-proto", "https, http"}}));
    CHECK_FALSE(secure({{"x-forwarded-proto", "http"}}, true));
    CHECK(secure({}, true));
    CHECK_FALSE(secure({}));
    CHECK(secure({{"forwarded", "for=192.0.2.1;proto=http, for=192.0.2.2; Proto=\"https\";by=10.0.0.1"}}));
    CHECK_FALSE(secure({{"forwarded", "for=192.0.2.1;proto=https, for=192.0.2.2"}}));
    CHECK_FALSE(secure({{"forwarded", ";;;=;proto=;"}}));
}

TEST_CASE("pages of other hosts open no WebSocket unless they may", "[http][origin]") {
    const auto may = [](const std::string& origin, const std::vector<std::string>& origins) {
        Request request;
        request.headers = {{"host", "cameras.example:8080"}, {"origin", origin}};
        return may_upgrade(request, origins);
    };
    CHECK(may("http://cameras.example:8080", {}));
    CHECK(may("https://cameras.example:8080", {}));
    CHECK_FALSE(may("http://cameras.example", {}));
    CHECK_FALSE(may("http://evil.example", {}));
    CHECK_FALSE(may("http://cameras.example:8080.evil.example", {}));
    CHECK_FALSE(may("null", {}));
    CHECK_FALSE(may("http://evil.example", {"https://wall.example"}));
    CHECK(may("https://wall.example", {"https://wall.example"}));
    CHECK(may("http://evil.example", {"*"}));
    CHECK(may("", {}));
}

TEST_CASE("seats of an address are given back", "[http][limits]") {
    AddressSeats seats;
    const auto at = [](const char* text) { return *auth::Address::parse(text); };
    auto one = seats.take(at("192.0.2.1"), 2);
    const auto two = seats.take(at("192.0.2.1"), 2);
    CHECK(two);
    CHECK_FALSE(seats.take(at("192.0.2.1"), 2));
    CHECK(seats.take(at("192.0.2.2"), 2));
    one.reset();
    CHECK(seats.take(at("192.0.2.1"), 2));
    const auto first = seats.take(at("2001:db8:0:1::1"), 1);
    CHECK_FALSE(seats.take(at("2001:db8:0:1:ffff::2"), 1));
    CHECK(seats.take(at("2001:db8:0:2::1"), 1));
}
