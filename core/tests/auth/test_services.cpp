// authMethod http and jwt: other services decide, and may be away, slow or wrong.
#include "auth_site.hpp"
#include "catch.hpp"
#include "jwt_issuer.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>
#include <glib/gstdio.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rill;
using namespace rill::auth;
using namespace rill::auth::test;
using namespace std::chrono_literals;

namespace {

/// Requests that nobody answers, until they are let go.
struct Held {
    std::vector<http::Exchange> exchanges;
    http::Handler handler() {
        return [this](http::Exchange exchange) { exchanges.push_back(std::move(exchange)); };
    }
};

std::string permissions(std::string_view path = "") {
    return fmt::format(R"([{{"action":"read","path":"{}"}}])", path);
}

Json claims(std::string_view path = "cam1") {
    return Json::object().set("sub", "bob").set("mediamtx_permissions", *Json::parse(permissions(path)));
}

const IssuerKey& issuer() {
    static const IssuerKey key("ES256");
    return key;
}

const std::vector<AuthSite::Setting> none;

std::string configure_jwt(AuthSite& site, const std::vector<AuthSite::Setting>& more = none) {
    std::vector<AuthSite::Setting> settings = {{"authMethod", "jwt"}, {"authJWTJWKS", site.url("/jwks")}};
    settings.insert(settings.end(), more.begin(), more.end());
    return site.configure(settings);
}

}  // namespace

TEST_CASE("the service is asked as MediaMTX asks it") {
    AuthSite site;
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", site.url("/auth")}}).empty());
    Json body;
    std::string method, type;
    site.answer_by([&](http::Exchange exchange) {
        method = exchange.request().method + ' ' + exchange.request().path;
        type = exchange.request().content_type();
        if (const auto json = Json::parse(exchange.request().body)) body = *json;
        exchange.respond(http::Response::no_content());
    });
    Request request = read_request("site/cam1", {.user = "bob", .password = "s\"\n", .token = "t"});
    request.id = "5a8c";
    request.query = "a=b&c";
    request.user_agent = "VLC/3";
    CHECK(site.ask(request) == "allowed|bob");
    CHECK(method == "POST /auth");
    CHECK(type == "application/json");
    CHECK(body.dump() ==
          R"({"ip":"192.0.2.7","user":"bob","password":"s\"\n","token":"t","action":"read",)"
          R"("path":"site/cam1","protocol":"hls","id":"5a8c","query":"a=b&c","userAgent":"VLC/3"})");
    CHECK(site.ask(read_request("x")) == "allowed");
    CHECK(body["id"].is_null());
}

TEST_CASE("only 2xx allows, and only what is wrong is a guess") {
    AuthSite site;
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", site.url("/auth")}}).empty());
    struct Row {
        int status;
        const char* outcome;
        bool is_guess;
    };
    for (const Row& row :
         {Row{200, "allowed|bob", false}, Row{204, "allowed|bob", false}, Row{301, "unavailable", false},
          Row{400, "unauthorized", true}, Row{401, "unauthorized", true}, Row{403, "unauthorized", true},
          Row{404, "unauthorized", true}, Row{500, "unavailable", false}, Row{503, "unavailable", false}}) {
        INFO(row.status);
        site.answer_with(row.status, "");
        const std::string address = fmt::format("10.0.{}.{}", row.status / 256, row.status % 256);
        const std::size_t before = site.guard.addresses();
        CHECK(site.ask(read_request("x", user("bob", "p"), address)) == row.outcome);
        CHECK(site.guard.addresses() - before == (row.is_guess ? 1 : 0));
    }
    // RTSP asks first without credentials.
    site.answer_with(401, "");
    const std::size_t before = site.guard.addresses();
    CHECK(site.ask(read_request("x", {}, "10.1.0.1")) == "unauthorized");
    CHECK(site.guard.addresses() == before);
}

TEST_CASE("a redirect takes no credentials elsewhere") {
    AuthSite site;
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", site.url("/auth")}}).empty());
    std::vector<std::string> asked;
    site.answer_by([&](http::Exchange exchange) {
        asked.push_back(exchange.request().path);
        if (asked.size() > 1) return exchange.respond(http::Response::no_content());
        http::Response response = http::Response::no_content();
        response.status = 303;  // libsoup would follow it with a GET
        response.header("Location", site.url("/elsewhere"));
        exchange.respond(std::move(response));
    });
    CHECK(site.ask(read_request("x", user("bob", "p"))) == "unavailable");
    CHECK(asked == std::vector<std::string>{"/auth"});
}

TEST_CASE("a service that hangs, is away, or says too much allows nothing") {
    AuthSite site(50ms);
    const std::string url = site.url("/auth");
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", url}}).empty());
    Held held;
    site.answer_by(held.handler());
    CHECK(site.ask(read_request("x", user("bob", "p"))) == "unavailable");
    CHECK(held.exchanges.size() == 1);
    held.exchanges.clear();
    site.answer_with(200, std::string(2 << 20, 'x'));
    CHECK(site.ask(read_request("x", user("bob", "p"))) == "unavailable");
    // Nobody listens at port 1.
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", "http://127.0.0.1:1/"}}).empty());
    CHECK(site.ask(read_request("x", user("bob", "p"))) == "unavailable");
    CHECK(site.guard.addresses() == 0);
}

TEST_CASE("so many are asked about at once, and what ends meanwhile is not answered") {
    AuthSite site;
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", site.url("/auth")}}).empty());
    Held held;
    site.answer_by(held.handler());
    unsigned refused = 0, answered = 0;
    const auto held_by_answers = std::make_shared<int>();
    for (int i = 0; i < 70; ++i) {
        site.authenticator().authenticate(
            read_request("x", user("bob", "p")), [&, held_by_answers](const auto& result) {
                ++answered;
                refused += !result && result.error().code == Code::unavailable ? 1 : 0;
            });
    }
    while (answered < 6 || held.exchanges.size() < 64)
        g_main_context_iteration(nullptr, TRUE);
    CHECK(refused == 6);
    site.destroy_authenticator();
    while (held_by_answers.use_count() > 1)
        g_main_context_iteration(nullptr, TRUE);
    CHECK(answered == 6);
}

TEST_CASE("what is excluded is not asked about") {
    AuthSite site;
    Request api = read_request("", {});
    api.action = Action::api;
    REQUIRE(site.configure({{"authMethod", "http"}, {"authHTTPAddress", site.url("/auth")}}).empty());
    CHECK(site.ask(api) == "allowed");
    REQUIRE(site.configure({{"authMethod", "http"},
                            {"authHTTPAddress", site.url("/auth")},
                            {"authHTTPExclude", permissions("lobby")}})
                .empty());
    CHECK(site.ask(read_request("lobby")) == "allowed");
    CHECK(site.requests == 0);
    CHECK(site.ask(api) == "unauthorized");
    CHECK(site.requests == 1);

    REQUIRE(configure_jwt(site, {{"authJWTExclude", permissions("lobby")}}).empty());
    CHECK(site.ask(read_request("lobby")) == "allowed");
    CHECK(site.ask(read_request("cam1")) == "unauthorized");
    CHECK(site.requests == 1);
}

TEST_CASE("tokens say who may do what") {
    AuthSite site;
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    REQUIRE(
        configure_jwt(site, {{"authJWTIssuer", "https://id.example"}, {"authJWTAudience", "rill"}}).empty());
    const Json good = claims().set("iss", "https://id.example").set("aud", "rill");
    const IssuerKey other("ES256");
    const std::string right = issuer().token(good);
    struct Row {
        const char* what;
        Credentials credentials;
        const char *path, *outcome;
        bool is_guess;
    };
    const std::vector<Row> rows = {
        {"right", token(right), "cam1", "allowed|bob", false},
        {"right, as a password", user("x", right), "cam1", "allowed|bob", false},
        {"right, as a password without a user", user("", right), "cam1", "allowed|bob", false},
        {"missing", {}, "cam1", "unauthorized", false},
        {"another path", token(right), "cam2", "unauthorized", false},
        {"not yet expired", token(issuer().token(Json(good).set("exp", site.utc + 1))), "cam1", "allowed|bob",
         false},
        {"expired", token(issuer().token(Json(good).set("exp", site.utc))), "cam1", "unauthorized", false},
        {"not yet valid", token(issuer().token(Json(good).set("nbf", site.utc + 1))), "cam1", "unauthorized",
         false},
        {"another issuer", token(issuer().token(Json(good).set("iss", "x"))), "cam1", "unauthorized", false},
        {"another audience", token(issuer().token(Json(good).set("aud", "x"))), "cam1", "unauthorized",
         false},
        {"no permissions", token(issuer().token(Json(good).set("mediamtx_permissions", nullptr))), "cam1",
         "unauthorized", false},
        {"forged", token(other.token(good)), "cam1", "unauthorized", true},
        {"unsigned", token(compact(Json::object().set("alg", "none"), good, "")), "cam1", "unauthorized",
         true},
        {"no token", token("hunter2"), "cam1", "unauthorized", true},
        {"a password", user("bob", "secret"), "cam1", "unauthorized", true},
    };
    unsigned last = 0;
    for (const Row& row : rows) {
        INFO(row.what);
        const std::size_t before = site.guard.addresses();
        CHECK(site.ask(read_request(row.path, row.credentials, fmt::format("10.0.0.{}", ++last))) ==
              row.outcome);
        CHECK(site.guard.addresses() - before == (row.is_guess ? 1 : 0));
    }
    CHECK(site.requests == 1);
}

TEST_CASE("a token that was verified expires all the same") {
    AuthSite site;
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    REQUIRE(configure_jwt(site).empty());
    const std::string text = issuer().token(claims().set("exp", site.utc + 10));
    CHECK(site.ask(read_request("cam1", token(text))) == "allowed|bob");
    CHECK(site.ask(read_request("cam2", token(text))) == "unauthorized");
    site.utc += 10;
    CHECK(site.ask(read_request("cam1", token(text))) == "unauthorized");
}

TEST_CASE("a new key is fetched when a token names it, but not at anybody's will") {
    AuthSite site;
    const IssuerKey next("EdDSA", "k2"), unknown("EdDSA", "k3");
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    REQUIRE(configure_jwt(site).empty());
    CHECK(site.ask(read_request("cam1", token(issuer().token(claims())))) == "allowed|bob");
    site.answer_with(200, jwks(std::vector{issuer().jwk(), next.jwk()}));
    // Just fetched.
    CHECK(site.ask(read_request("cam1", token(next.token(claims())))) == "unauthorized");
    CHECK(site.requests == 1);
    site.clock.advance(10s);
    CHECK(site.ask(read_request("cam1", token(next.token(claims())))) == "allowed|bob");
    CHECK(site.requests == 2);
    for (int round = 0; round < 5; ++round)
        CHECK(site.ask(read_request("cam1", token(unknown.token(claims())))) == "unauthorized");
    CHECK(site.requests == 2);
}

TEST_CASE("many who wait for the keys cost one fetch") {
    AuthSite site;
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    REQUIRE(configure_jwt(site).empty());
    CHECK(site.ask_at_once(read_request("cam1", token(issuer().token(claims()))), 50) ==
          std::vector<std::string>(50, "allowed|bob"));
    CHECK(site.requests == 1);
}

TEST_CASE("old keys serve while there are no new ones, for a day") {
    AuthSite site;
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    REQUIRE(configure_jwt(site).empty());
    const Request request = read_request("cam1", token(issuer().token(claims())));
    CHECK(site.ask(request) == "allowed|bob");
    site.answer_with(500, "");
    site.clock.advance(23h);
    CHECK(site.ask(request) == "allowed|bob");
    while (site.requests < 2)
        g_main_context_iteration(nullptr, TRUE);
    site.clock.advance(1h);
    CHECK(site.ask(request) == "unavailable");
    site.answer_with(200, jwks(std::vector{issuer().jwk()}));
    site.clock.advance(10s);
    CHECK(site.ask(request) == "allowed|bob");
}

TEST_CASE("keys that cannot be had, or are none, allow nothing") {
    AuthSite site(50ms);
    const Request request = read_request("cam1", token(issuer().token(claims())));
    for (const auto& [status, text] :
         {std::pair(404, std::string()), std::pair(200, std::string("x")),
          std::pair(200, std::string(R"({"keys":[]})")), std::pair(200, std::string(2 << 20, ' '))}) {
        INFO(status << text.substr(0, 20));
        site.answer_with(status, text);
        REQUIRE(configure_jwt(site).empty());
        CHECK(site.ask(request) == "unavailable");
    }
    Held held;
    site.answer_by(held.handler());
    REQUIRE(configure_jwt(site).empty());
    CHECK(site.ask(request) == "unavailable");
    CHECK(site.guard.addresses() == 0);
}

TEST_CASE("keys are read from a file, and again when that is asked for") {
    AuthSite site;
    const std::string file = fmt::format("{}/rill-jwks-{}.json", g_get_tmp_dir(), g_random_int());
    const auto write = [&](const IssuerKey& key) {
        REQUIRE(g_file_set_contents(file.c_str(), jwks(std::vector{key.jwk()}).c_str(), -1, nullptr));
    };
    const IssuerKey next("EdDSA", "k2");
    write(issuer());
    REQUIRE(site.configure({{"authMethod", "jwt"}, {"authJWTJWKS", "file://" + file}}).empty());
    CHECK(site.ask(read_request("cam1", token(issuer().token(claims())))) == "allowed|bob");
    write(next);
    CHECK(site.ask(read_request("cam1", token(next.token(claims())))) == "unauthorized");
    site.authenticator().refresh_keys();
    CHECK(site.ask(read_request("cam1", token(next.token(claims())))) == "allowed|bob");
    CHECK(site.ask(read_request("cam1", token(issuer().token(claims())))) == "unauthorized");
    g_unlink(file.c_str());
    REQUIRE(site.configure({{"authMethod", "jwt"}, {"authJWTJWKS", "file://" + file}}).empty());
    CHECK(site.ask(read_request("cam1", token(next.token(claims())))) == "unavailable");
}
