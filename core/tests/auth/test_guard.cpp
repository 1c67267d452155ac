#include "auth/guard.hpp"
#include "auth/recent.hpp"
#include "catch.hpp"
#include "fake_clock.hpp"

#include <fmt/format.h>

#include <string>

using namespace rill;
using namespace rill::auth;
using namespace std::chrono_literals;
using rill::auth::test::FakeClock;

namespace {

Address address(std::string_view text) {
    return Address::parse(text).value();
}

const Address attacker = address("192.0.2.7");

}  // namespace

TEST_CASE("each wrong guess is answered later, and the last one locks") {
    FakeClock clock;
    Guard guard(clock, {.guesses = 6, .first_delay = 250ms, .longest_delay = 2000ms, .lock = 5min});
    for (const auto delay : {250ms, 500ms, 1000ms, 2000ms, 2000ms}) {
        const auto penalty = guard.wrong_guess(attacker);
        CHECK(penalty.delay == delay);
        CHECK_FALSE(penalty.locked);
        CHECK(guard.locked_for(attacker) == 0s);
    }
    CHECK(guard.wrong_guess(attacker).locked);
    CHECK(guard.locked_for(attacker) == 5min);
    CHECK(guard.locked_for(address("192.0.2.8")) == 0s);

    clock.advance(5min - 1ns);
    CHECK(guard.locked_for(attacker) == 1s);
    clock.advance(1ns);
    CHECK(guard.locked_for(attacker) == 0s);
    // It starts anew.
    CHECK(guard.wrong_guess(attacker).delay == 250ms);
}

TEST_CASE("a lock is announced once, however many guesses were under way") {
    FakeClock clock;
    Guard guard(clock, {.guesses = 2, .lock = 5min});
    int locks = 0;
    for (int guess = 0; guess < 20; ++guess)
        locks += guard.wrong_guess(attacker).locked ? 1 : 0;
    CHECK(locks == 1);
}

TEST_CASE("guesses are forgotten when no more come") {
    FakeClock clock;
    Guard guard(clock, {.guesses = 3, .memory = 10min});
    for (int round = 0; round < 5; ++round) {
        CHECK_FALSE(guard.wrong_guess(attacker).locked);
        CHECK_FALSE(guard.wrong_guess(attacker).locked);
        clock.advance(10min);
    }
    CHECK_FALSE(guard.wrong_guess(attacker).locked);
    clock.advance(9min);
    CHECK_FALSE(guard.wrong_guess(attacker).locked);
    clock.advance(9min);
    CHECK(guard.wrong_guess(attacker).locked);
}

TEST_CASE("an IPv6 subscriber is one, whatever the address in the network") {
    FakeClock clock;
    Guard guard(clock, {.guesses = 3});
    guard.wrong_guess(address("2001:db8:0:1::1"));
    guard.wrong_guess(address("2001:db8:0:1:ffff::2"));
    guard.wrong_guess(address("2001:db8:0:1:abcd::3"));
    CHECK(guard.locked_for(address("2001:db8:0:1::9")) > 0s);
    CHECK(guard.locked_for(address("2001:db8:0:2::1")) == 0s);
    // IPv4 addresses are not one network of 64 bits.
    for (int last = 1; last < 10; ++last)
        guard.wrong_guess(address(fmt::format("192.0.2.{}", last)));
    CHECK(guard.locked_for(address("192.0.2.1")) == 0s);
}

TEST_CASE("only so many addresses are remembered, the latest") {
    FakeClock clock;
    Guard guard(clock, {.guesses = 1, .addresses = 3});
    for (int last = 1; last <= 3; ++last)
        guard.wrong_guess(address(fmt::format("192.0.2.{}", last)));
    guard.wrong_guess(address("192.0.2.1"));
    guard.wrong_guess(address("192.0.2.4"));
    CHECK(guard.addresses() == 3);
    CHECK(guard.locked_for(address("192.0.2.1")) > 0s);
    CHECK(guard.locked_for(address("192.0.2.2")) == 0s);
    CHECK(guard.locked_for(address("192.0.2.4")) > 0s);
}

TEST_CASE("what was found true is known for a while, and not more than so much") {
    FakeClock clock;
    Recent<int> recent(clock, 3, 60s);
    recent.put("a", 1);
    clock.advance(30s);
    recent.put("b", 2);
    REQUIRE(recent.find("a") != nullptr);
    CHECK(*recent.find("a") == 1);
    CHECK(recent.find("c") == nullptr);
    clock.advance(30s);
    CHECK(recent.find("a") == nullptr);
    CHECK(recent.find("b") != nullptr);
    recent.put("a", 3);
    REQUIRE(recent.find("a") != nullptr);
    CHECK(*recent.find("a") == 3);
    for (int i = 0; i < 10; ++i)
        recent.put(fmt::format("{}", i), i);
    CHECK(recent.size() == 3);
    CHECK(recent.find("9") != nullptr);
    CHECK(recent.find("6") == nullptr);
    recent.clear();
    CHECK(recent.find("9") == nullptr);
}
