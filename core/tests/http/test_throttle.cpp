// How often an address may ask.
#include "../auth/fake_clock.hpp"
#include "catch.hpp"
#include "hub/throttle.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

using namespace rill;
using namespace rill::http;
using namespace std::chrono_literals;
using auth::test::FakeClock;

namespace {

auth::Address at(const std::string& text) {
    return *auth::Address::parse(text);
}

/// How many are taken before one is refused.
unsigned taken(AddressRates& rates, const auth::Address& address, unsigned most = 1000) {
    unsigned count = 0;
    while (count < most && rates.take(address).wait == 0s)
        ++count;
    return count;
}

Request from(const std::string& remote) {
    Request request;
    request.remote = remote;
    return request;
}

constexpr auto requests = Throttle::Of::requests;
constexpr auto sessions = Throttle::Of::sessions;

}  // namespace

TEST_CASE("an address has what it did not use for 20 seconds, and then its rate", "[http][rates]") {
    FakeClock clock;
    AddressRates rates(clock);
    CHECK(taken(rates, at("192.0.2.1")) == 1000);
    rates.set_rate(5);
    CHECK(taken(rates, at("192.0.2.1")) == 100);
    CHECK(rates.take(at("192.0.2.1")).wait == 200ms);
    // What is refused costs nothing.
    CHECK(rates.take(at("192.0.2.1")).wait == 200ms);
    clock.advance(199ms);
    CHECK(rates.take(at("192.0.2.1")).wait == 1ms);
    clock.advance(1ms);
    CHECK(taken(rates, at("192.0.2.1")) == 1);
    clock.advance(3s);
    CHECK(taken(rates, at("192.0.2.1")) == 15);
    clock.advance(1h);
    CHECK(taken(rates, at("192.0.2.1")) == 100);
    CHECK(taken(rates, at("192.0.2.2")) == 100);
}

TEST_CASE("a rate counts from the moment it changes", "[http][rates]") {
    FakeClock clock;
    AddressRates rates(clock);
    rates.set_rate(1);
    CHECK(taken(rates, at("192.0.2.1")) == 20);
    rates.set_rate(0);
    CHECK(taken(rates, at("192.0.2.1")) == 1000);
    rates.set_rate(10);
    clock.advance(1s);
    CHECK(taken(rates, at("192.0.2.1")) == 10);
}

TEST_CASE("a network of IPv6 is one, and an IPv4 address in IPv6 is itself", "[http][rates]") {
    FakeClock clock;
    AddressRates rates(clock);
    rates.set_rate(1);
    CHECK(taken(rates, at("2001:db8:0:1::1")) == 20);
    CHECK(taken(rates, at("2001:db8:0:1:ffff::2")) == 0);
    CHECK(taken(rates, at("2001:db8:0:2::1")) == 20);
    CHECK(taken(rates, at("192.0.2.1")) == 20);
    CHECK(taken(rates, at("::ffff:192.0.2.1")) == 0);
}

TEST_CASE("a refusal is news once a minute", "[http][rates]") {
    FakeClock clock;
    AddressRates rates(clock);
    rates.set_rate(1);
    const auto address = at("192.0.2.1");
    CHECK(taken(rates, address, 20) == 20);
    int news = 0;
    for (int refused = 0; refused < 180; clock.advance(500ms)) {
        const auto verdict = rates.take(address);
        if (verdict.wait == 0s) continue;
        ++refused;
        news += verdict.is_news ? 1 : 0;
    }
    // In three minutes, in each half second one that is taken or one that is refused.
    CHECK(news == 3);
}

TEST_CASE("of too many addresses the one that was there longest ago is forgotten", "[http][rates]") {
    FakeClock clock;
    AddressRates rates(clock);
    rates.set_rate(1);
    const auto number = [](std::size_t at) { return fmt::format("10.0.{}.{}", at / 256, at % 256); };
    CHECK(taken(rates, at(number(0))) == 20);
    CHECK(taken(rates, at(number(1))) == 20);
    for (std::size_t i = 2; i < AddressRates::addresses; ++i)
        rates.take(at(number(i)));
    CHECK(taken(rates, at(number(0))) == 0);
    rates.take(at("192.0.2.1"));
    CHECK(taken(rates, at(number(0))) == 0);
    CHECK(taken(rates, at(number(1))) == 20);
}

TEST_CASE("one too many is told when to come again", "[http][rates]") {
    FakeClock clock;
    Throttle throttle(clock);
    CHECK_FALSE(throttle.refuse(from("192.0.2.1:5000"), requests));
    throttle.set_rates(1, 2);
    for (int i = 0; i < 20; ++i)
        REQUIRE_FALSE(throttle.refuse(from(fmt::format("192.0.2.1:{}", 5000 + i)), requests));
    const auto refusal = throttle.refuse(from("192.0.2.1:6000"), requests);
    REQUIRE(refusal);
    CHECK(refusal->status == 429);
    CHECK(refusal->content_type == "application/json");
    const std::map<std::string, std::string> headers(refusal->headers.begin(), refusal->headers.end());
    CHECK(headers.at("retry-after") == "1");
    gsize size = 0;
    const auto* const data = static_cast<const char*>(g_bytes_get_data(refusal->body.at(0).get(), &size));
    const std::string body(data, size);
    CHECK(body.find("\"status\":\"error\"") != std::string::npos);
    CHECK(body.find("192.0.2.1: try again in 1 s (httpMaxRequestsPerSecond)") != std::string::npos);
    // Each kind has its own bucket.
    for (int i = 0; i < 40; ++i)
        REQUIRE_FALSE(throttle.refuse(from("192.0.2.1:5000"), sessions));
    CHECK(throttle.refuse(from("192.0.2.1:5000"), sessions));
    CHECK(throttle.refuse(from("192.0.2.1:5000"), sessions));
    const std::string metrics = throttle.metrics();
    CHECK(metrics.find("rill_http_rate_limited_total{limit=\"requests\"} 1\n") != std::string::npos);
    CHECK(metrics.find("rill_http_rate_limited_total{limit=\"sessions\"} 2\n") != std::string::npos);
}

TEST_CASE("who is not limited is not counted", "[http][rates]") {
    FakeClock clock;
    Throttle throttle(clock);
    throttle.set_rates(1, 1);
    Request local = from("127.0.0.1:5000");
    local.is_unlimited = true;
    for (int i = 0; i < 100; ++i)
        REQUIRE_FALSE(throttle.refuse(local, requests));
    // Whatever the address says.
    CHECK_FALSE(throttle.refuse(from("127.0.0.1:5000"), requests));
    CHECK_FALSE(throttle.refuse(from("nonsense"), requests));
}
