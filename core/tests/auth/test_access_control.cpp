// What a browser may do here because of its user, and because of a page of elsewhere.
#include "../http/harness.hpp"
#include "auth/access_control.hpp"
#include "auth/settings.hpp"
#include "catch.hpp"

#include <algorithm>
#include <optional>
#include <string>

using namespace rill;
using namespace rill::auth;

namespace {

constexpr std::string_view users =
    R"([{"user":"any","ips":["127.0.0.1"],"permissions":[{"action":"api"}]},)"
    R"({"user":"bob","pass":"secret","permissions":[{"action":"api"},{"action":"read"}]}])";
const std::string foreign = "https://elsewhere.example";
const std::string own = "http://127.0.0.1:8080";
const std::string password = "Basic Ym9iOnNlY3JldA==";  // bob:secret

const Purpose api{Action::api, "", ""};
const Purpose changes{.action = Action::api, .path = {}, .protocol = {}, .changes = true};
const Purpose watching{Action::read, "cam1", "webrtc"};

class Control {
  public:
    Control() {
        REQUIRE(g_main_context_acquire(loop_.context()));
        Options options = Options::defaults(auth_options());
        const auto row = std::ranges::find(auth_options(), "authInternalUsers", &Option::name);
        auto value = parse_option(*row, std::string(users));
        REQUIRE(value);
        options.set(row->name, std::move(*value));
        auto made = access_.make(options);
        REQUIRE(made);
        access_.put(std::move(*made));
    }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control() { g_main_context_release(loop_.context()); }

    bool lets_in(const http::Request& request, const Purpose& purpose) {
        std::optional<bool> answer;
        access_.ask(request, purpose,
                    [&answer](const Result<Identity>& identity) { answer = static_cast<bool>(identity); });
        REQUIRE(http::test::Harness::until([&answer] { return answer.has_value(); }));
        return *answer;
    }
    /// The header Cookie of bob's session.
    std::string log_in(const http::Request& request) {
        std::string cookie;
        access_.log_in(request, api, "bob", "secret", [&cookie](const Result<Access::Session>& session) {
            REQUIRE(session);
            cookie = session->cookie.substr(0, session->cookie.find(';'));
        });
        REQUIRE(http::test::Harness::until([&cookie] { return !cookie.empty(); }));
        return cookie;
    }

  private:
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    AccessControl access_{loop_};
};

http::Request get(const std::string& origin, const std::string& authorization = "",
                  const std::string& remote = "127.0.0.1:5000") {
    http::Request request;
    request.method = "GET";
    request.remote = remote;
    request.headers["host"] = "127.0.0.1:8080";
    if (!origin.empty()) request.headers["origin"] = origin;
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    return request;
}

http::Request socket(const std::string& origin, const std::string& authorization) {
    http::Request request = get(origin, authorization);
    request.headers["connection"] = "Upgrade";
    request.headers["upgrade"] = "websocket";
    return request;
}

}  // namespace

TEST_CASE("a password that a browser remembers opens no WebSocket for a page of elsewhere") {
    Control control;
    REQUIRE(socket(foreign, password).asks_for_websocket());
    CHECK_FALSE(control.lets_in(socket(foreign, password), watching));
    CHECK(control.lets_in(socket(own, password), watching));
    CHECK(control.lets_in(socket("", password), watching));
    // Which no browser remembers.
    CHECK(control.lets_in(socket(foreign, "Bearer bob:secret"), watching));
    CHECK(control.lets_in(get(foreign, password), watching));
}

TEST_CASE("a GET that changes something is no page's of elsewhere") {
    Control control;
    CHECK(control.lets_in(get(foreign), api));
    CHECK_FALSE(control.lets_in(get(foreign), changes));
    CHECK(control.lets_in(get(own), changes));
    CHECK(control.lets_in(get(""), changes));

    CHECK(control.lets_in(get(foreign, password), api));
    CHECK_FALSE(control.lets_in(get(foreign, password), changes));
    http::Request with_type = get(foreign, password);
    with_type.headers["content-type"] = "application/json";
    CHECK(control.lets_in(with_type, changes));

    const std::string remote = "192.0.2.7:5000";
    const std::string cookie = control.log_in(get(own, "", remote));
    const auto with_cookie = [&](const std::string& origin) {
        http::Request request = get(origin, "", remote);
        request.headers["cookie"] = cookie;
        return request;
    };
    CHECK(control.lets_in(with_cookie(foreign), api));
    CHECK_FALSE(control.lets_in(with_cookie(foreign), changes));
    CHECK(control.lets_in(with_cookie(own), changes));
}
