#include "auth_site.hpp"

#include "../http/harness.hpp"
#include "auth/settings.hpp"
#include "catch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::auth::test {
namespace {

using namespace std::chrono_literals;

/// No test waits for a penalty; test_guard.cpp says how long they are.
constexpr GuardLimits quick{.guesses = 10, .first_delay = 0ms, .longest_delay = 0ms};

std::string outcome(const Result<Identity>& result) {
    if (!result) return std::string(to_string(result.error().code));
    return result->user.empty() ? "allowed" : "allowed|" + result->user;
}

Ref<GMainContext> acquired_main_context() {
    auto context = Ref<GMainContext>::retain(g_main_context_default());
    REQUIRE(g_main_context_acquire(context.get()));
    return context;
}

}  // namespace

AuthSite::AuthSite(std::chrono::milliseconds time_limit)
    : guard(clock, quick), loop_(acquired_main_context()), time_limit_(time_limit) {
    REQUIRE(server_.listen("127.0.0.1:0"));
    answer_with(404, "");
}

AuthSite::~AuthSite() {
    authenticator_.reset();
    // What was given up ends in the main context.
    while (g_main_context_iteration(loop_.context(), FALSE) != FALSE) {
    }
    g_main_context_release(loop_.context());
}

std::string AuthSite::configure(const std::vector<Setting>& settings) {
    Options options = Options::defaults(auth_options());
    for (const Setting& setting : settings) {
        const auto row = std::ranges::find(auth_options(), setting.key, &Option::name);
        REQUIRE(row != auth_options().end());
        auto value = parse_option(*row, setting.text);
        if (!value) return value.error().message;
        options.set(setting.key, std::move(*value));
    }
    auto made = Authenticator::create(options, {.loop = loop_,
                                                .guard = guard,
                                                .tokens = tokens,
                                                .time_limit = time_limit_,
                                                .clock = clock,
                                                .now = [this] { return utc; }});
    if (!made) return made.error().message;
    authenticator_ = std::move(*made);
    return "";
}

std::vector<std::string> AuthSite::ask_at_once(const Request& request, unsigned count) {
    std::vector<std::string> outcomes;
    for (unsigned i = 0; i < count; ++i)
        authenticator_->authenticate(request,
                                     [&](const auto& result) { outcomes.push_back(outcome(result)); });
    REQUIRE(http::test::Harness::until([&] { return outcomes.size() == count; }));
    return outcomes;
}

std::string AuthSite::ask(const Request& request) {
    return ask_at_once(request, 1).front();
}

std::string AuthSite::url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", server_.ports().front(), path);
}

void AuthSite::answer_with(int status, std::string text) {
    answer_by([this, status, text = std::move(text)](http::Exchange exchange) {
        ++requests;
        exchange.respond(http::Response::text(status, "application/json", text));
    });
}

Request read_request(std::string_view path, Credentials credentials, std::string_view address) {
    Request request;
    request.path = path;
    request.credentials = std::move(credentials);
    request.address = Address::parse(address).value();
    request.protocol = "hls";
    return request;
}

Credentials user(std::string name, std::string password) {
    return {.user = std::move(name), .password = std::move(password), .token = {}};
}

Credentials token(std::string text) {
    return {.user = {}, .password = {}, .token = std::move(text)};
}

}  // namespace rill::auth::test
