// authMethod internal, signed tokens, and what happens to who guesses.
#include "auth/internal_method.hpp"
#include "auth_site.hpp"
#include "catch.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <argon2.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>

using namespace rill;
using namespace rill::auth;
using namespace rill::auth::test;
using namespace std::chrono_literals;

namespace {

std::string argon2(std::string_view password) {
    std::array<char, 200> encoded = {};
    constexpr std::string_view salt = "0123456789abcdef";
    REQUIRE(argon2id_hash_encoded(1, 64, 1, password.data(), password.size(), salt.data(), salt.size(), 32,
                                  encoded.data(), encoded.size()) == ARGON2_OK);
    return std::string("argon2:") + encoded.data();
}

/// SHA-256 of "opensesame" in base64.
constexpr std::string_view hashed = "sha256:2fuS47vmW+HxqtSoLu9FZ/eh6+LNEQyASblpi+enDIg=";

std::string users() {
    constexpr std::string_view read_all = R"("permissions":[{"action":"read"}])";
    return fmt::format(R"([{{"user":"any","permissions":[{{"action":"read","path":"lobby"}}]}},)"
                       R"({{"user":"any","ips":["127.0.0.1","::1"],"permissions":[{{"action":"api"}}]}},)"
                       R"({{"user":"bob","pass":"secret","permissions":[{{"action":"read","path":"~^cam"}},)"
                       R"({{"action":"publish","path":"cam1"}}]}},)"
                       R"({{"user":"sha","pass":"{}",{}}},)"
                       R"({{"user":"slow","pass":"{}",{}}},)"
                       R"({{"user":"{}","pass":"{}",{}}},)"
                       R"({{"user":"near","pass":"secret","ips":["192.0.2.0/24"],{}}},)"
                       R"({{"user":"open","permissions":[{{"action":"read"}}]}}])",
                       hashed, read_all, argon2("opensesame"), read_all, argon2("hidden"),
                       argon2("opensesame"), read_all, read_all);
}

}  // namespace

TEST_CASE("users may do what their permissions say") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    struct Row {
        const char* what;
        Credentials credentials;
        Action action;
        const char *path, *address, *outcome;
    };
    const auto rows = std::to_array<Row>({
        {"open to all", {}, Action::read, "lobby", "192.0.2.7", "allowed"},
        {"open to all, with anything", user("x", "y"), Action::read, "lobby", "192.0.2.7", "allowed"},
        {"open to this machine", {}, Action::api, "", "127.0.0.1", "allowed"},
        {"open to this machine, in IPv6", {}, Action::api, "", "::1", "allowed"},
        {"open to this machine, from elsewhere", {}, Action::api, "", "192.0.2.7", "unauthorized"},
        {"missing", {}, Action::read, "cam1", "192.0.2.7", "unauthorized"},
        {"right", user("bob", "secret"), Action::read, "cam7", "192.0.2.7", "allowed|bob"},
        {"right, publishing", user("bob", "secret"), Action::publish, "cam1", "192.0.2.7", "allowed|bob"},
        {"right, another path", user("bob", "secret"), Action::publish, "cam7", "192.0.2.7", "unauthorized"},
        {"right, another action", user("bob", "secret"), Action::api, "", "127.0.0.2", "unauthorized"},
        {"wrong password", user("bob", "Secret"), Action::read, "cam7", "192.0.2.8", "unauthorized"},
        {"no password", user("bob", ""), Action::read, "cam7", "192.0.2.8", "unauthorized"},
        {"no user", user("", "secret"), Action::read, "cam7", "192.0.2.8", "unauthorized"},
        {"wrong user", user("eve", "secret"), Action::read, "cam7", "192.0.2.8", "unauthorized"},
        {"a user called any", user("any", ""), Action::read, "cam7", "192.0.2.8", "unauthorized"},
        {"SHA-256", user("sha", "opensesame"), Action::read, "x", "192.0.2.7", "allowed|sha"},
        {"SHA-256, wrong", user("sha", "opensesam"), Action::read, "x", "192.0.2.9", "unauthorized"},
        {"the hash for the password", user("sha", std::string(hashed)), Action::read, "x", "192.0.2.9",
         "unauthorized"},
        {"argon2", user("slow", "opensesame"), Action::read, "x", "192.0.2.7", "allowed|slow"},
        {"argon2, again", user("slow", "opensesame"), Action::read, "x", "192.0.2.7", "allowed|slow"},
        {"argon2, not permitted", user("slow", "opensesame"), Action::api, "", "192.0.2.7", "unauthorized"},
        {"argon2, wrong", user("slow", "opensesam"), Action::read, "x", "192.0.2.10", "unauthorized"},
        {"argon2 for both", user("hidden", "opensesame"), Action::read, "x", "192.0.2.7", "allowed|hidden"},
        {"argon2 for both, wrong user", user("hiddem", "opensesame"), Action::read, "x", "192.0.2.10",
         "unauthorized"},
        {"from the right network", user("near", "secret"), Action::read, "x", "192.0.2.7", "allowed|near"},
        {"from another", user("near", "secret"), Action::read, "x", "198.51.100.1", "unauthorized"},
        {"from the right network, in IPv6", user("near", "secret"), Action::read, "x", "::ffff:192.0.2.7",
         "allowed|near"},
        {"any password", user("open", "whatever"), Action::read, "x", "192.0.2.7", "allowed|open"},
    });
    for (const Row& row : rows) {
        INFO(row.what);
        Request request = read_request(row.path, row.credentials, row.address);
        request.action = row.action;
        CHECK(site.ask(request) == row.outcome);
    }
}

TEST_CASE("MediaMTX's defaults: media for all, the rest for this machine") {
    AuthSite site;
    REQUIRE(site.configure({}).empty());
    for (const Action action :
         {Action::publish, Action::read, Action::playback, Action::api, Action::metrics, Action::pprof}) {
        INFO(to_string(action));
        Request request = read_request("cam1");
        request.action = action;
        CHECK(site.ask(request) == (concerns_path(action) ? "allowed" : "unauthorized"));
        for (const char* local : {"127.0.0.1", "::1"}) {
            request.address = *Address::parse(local);
            CHECK(site.ask(request) == "allowed");
        }
    }
}

TEST_CASE("no users: nobody") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", "[]"}}).empty());
    CHECK(site.ask(read_request("cam1")) == "unauthorized");
    CHECK(site.ask(read_request("cam1", user("bob", "x"))) == "unauthorized");
}

TEST_CASE("verifications that are slow wait in a line that has an end") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    const unsigned most = InternalMethod::waiting_limit;
    const auto outcomes = site.ask_at_once(read_request("x", user("slow", "opensesame")), most + 3);
    CHECK(std::ranges::count(outcomes, "unavailable") == 3);
    CHECK(std::ranges::count(outcomes, "allowed|slow") == static_cast<long>(most));
    // The line is empty again, and what was verified is known.
    CHECK(site.ask_at_once(read_request("x", user("slow", "opensesame")), most + 3) ==
          std::vector<std::string>(most + 3, "allowed|slow"));
}

TEST_CASE("what is asked when all ends is not answered") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    bool is_answered = false;
    const auto held = std::make_shared<int>();
    for (int i = 0; i < 5; ++i) {
        site.authenticator().authenticate(read_request("x", user("slow", "opensesame")),
                                          [&is_answered, held](const auto&) { is_answered = true; });
    }
    site.authenticator().authenticate(read_request("x", user("bob", "wrong")),
                                      [&is_answered, held](const auto&) { is_answered = true; });
    site.destroy_authenticator();
    while (g_main_context_iteration(nullptr, FALSE) != FALSE) {
    }
    CHECK_FALSE(is_answered);
    CHECK(held.use_count() == 1);
}

TEST_CASE("signed tokens open one path for one action, until they expire") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    const std::string good = *site.tokens.sign(Action::read, "door", 60s, site.utc);
    const std::string foreign = *TokenSigner().sign(Action::read, "door", 60s, site.utc);
    CHECK(site.ask(read_request("door", token(good))) == "allowed");
    CHECK(site.ask(read_request("gate", token(good))) == "unauthorized");
    CHECK(site.ask(read_request("door", token(foreign))) == "unauthorized");
    CHECK(site.ask(read_request("door", token("rill2.x.y"))) == "unauthorized");
    Request publish = read_request("door", token(good));
    publish.action = Action::publish;
    CHECK(site.ask(publish) == "unauthorized");
    site.utc += 59;
    CHECK(site.ask(read_request("door", token(good))) == "allowed");
    site.utc += 1;
    CHECK(site.ask(read_request("door", token(good))) == "unauthorized");
}

TEST_CASE("who guesses is locked out, and nobody else") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    const Request right = read_request("cam1", user("bob", "secret"));
    for (int guess = 0; guess < 9; ++guess)
        CHECK(site.ask(read_request("cam1", user("bob", fmt::format("guess{}", guess)))) == "unauthorized");
    // A right one is let in, but does not make the others forgotten.
    CHECK(site.ask(right) == "allowed|bob");
    CHECK(site.ask(read_request("cam1", token("rill1.for.ged"))) == "unauthorized");
    CHECK(site.ask(right) == "too_many");
    CHECK(site.ask(read_request("cam1", user("bob", "secret"), "192.0.2.8")) == "allowed|bob");
    CHECK(site.ask(read_request("lobby")) == "allowed");
    // A new configuration is no way out.
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    CHECK(site.ask(right) == "too_many");
    site.clock.advance(5min);
    CHECK(site.ask(right) == "allowed|bob");
}

TEST_CASE("a guess among many at once is not worth more") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    std::vector<std::string> outcomes;
    const auto ask = [&](const char* password) {
        site.authenticator().authenticate(read_request("x", user("slow", password)), [&](const auto& result) {
            outcomes.emplace_back(result ? "allowed" : to_string(result.error().code));
        });
    };
    for (int guess = 0; guess < 20; ++guess)
        ask("wrong");
    ask("opensesame");
    while (outcomes.size() < 21)
        g_main_context_iteration(nullptr, TRUE);
    CHECK(std::ranges::count(outcomes, "allowed") == 0);
}

TEST_CASE("who shows nothing, or may not, does not guess") {
    AuthSite site;
    REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
    const std::string expired = *site.tokens.sign(Action::read, "door", 1s, site.utc - 100);
    for (int round = 0; round < 30; ++round) {
        CHECK(site.ask(read_request("cam1")) == "unauthorized");
        CHECK(site.ask(read_request("garden", user("bob", "secret"))) == "unauthorized");
        CHECK(site.ask(read_request("door", token(expired))) == "unauthorized");
    }
    CHECK(site.guard.addresses() == 0);
    CHECK(site.ask(read_request("cam1", user("bob", "secret"))) == "allowed|bob");
}

TEST_CASE("each wrong guess is a line for fail2ban, with nothing secret in it") {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("rill-auth-{}.log", g_random_int());
    REQUIRE(configure_logging({.level = LogLevel::info, .structured = false, .file = file.string()}));
    {
        AuthSite site;
        REQUIRE(site.configure({{"authInternalUsers", users()}}).empty());
        Request request = read_request("cam1\n", user("x\", address 198.51.100.1", "hunter2"));
        request.query = "hunter2";
        site.ask(request);
        site.ask(read_request("cam1", token("rill1.hunter2.hunter2"), "2001:db8::1"));
        for (int guess = 0; guess < 9; ++guess)
            site.ask(read_request("cam1", user("bob", "hunter2")));
        for (int round = 0; round < 3; ++round) {
            site.ask(read_request("cam1"));
            site.ask(read_request("garden", user("bob", "secret"), "192.0.2.9"));
        }
    }
    REQUIRE(configure_logging({}));
    std::vector<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line.substr(line.find(' ', line.find(' ') + 1) + 1));
    std::filesystem::remove(file);
    const std::string start = "WAR [auth] failed to authenticate: authentication failed, address ";
    REQUIRE(lines.size() == 13);
    CHECK(lines[0] ==
          start + R"(192.0.2.7, protocol hls, action read, path "cam1\n", user "x", address 198.51.100.1": )"
                  "wrong user or password");
    CHECK(lines[1] ==
          start + R"(2001:db8::1, protocol hls, action read, path "cam1", user "": the token is forged)");
    for (std::size_t line = 2; line < 11; ++line)
        CHECK(lines[line].starts_with(start + "192.0.2.7, protocol hls,"));
    CHECK(lines[11] == "WAR [auth] locked out for 300 s after too many wrong guesses: address 192.0.2.7");
    CHECK(
        lines[12] ==
        R"(INF [auth] not permitted, address 192.0.2.9, protocol hls, action read, path "garden", user "bob": )"
        "the user may not do this from here");
    for (const std::string& line : lines) {
        CHECK(line.find("hunter2") == std::string::npos);
        CHECK(line.find("secret") == std::string::npos);
    }
}
