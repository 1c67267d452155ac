#include "../http/harness.hpp"
#include "hooks/webhook.hpp"
#include "workshop.hpp"

#include <rill/http.hpp>

#include <fmt/format.h>

#include <deque>

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;
using namespace std::chrono_literals;

namespace {

/// An HTTP server on the main context that answers with what it is told, then with 204. 0: not at all.
class Receiver {
  public:
    explicit Receiver(std::deque<int> statuses = {}) : statuses_(std::move(statuses)) {
        REQUIRE(server_.listen("127.0.0.1:0"));
        server_.on_request([this](http::Exchange exchange) {
            requests.push_back(exchange.request());
            if (received) received();
            int status = 204;
            if (!statuses_.empty()) {
                status = statuses_.front();
                statuses_.pop_front();
            }
            if (status == 0) {
                unanswered_.push_back(std::move(exchange));
                return;
            }
            auto response = http::Response::text(status, "text/plain", "");
            if (status == 302) response.header("Location", "/elsewhere");
            exchange.respond(std::move(response));
        });
    }

    std::string url(const std::string& credentials = "") const {
        return fmt::format("http://{}127.0.0.1:{}/hook?key=geheim", credentials, server_.ports().front());
    }
    Json event(std::size_t number) const {
        const auto json = Json::parse(requests.at(number).body);
        REQUIRE(json);
        return *json;
    }

    std::vector<http::Request> requests;
    std::function<void()> received;

  private:
    std::deque<int> statuses_;
    std::vector<http::Exchange> unanswered_;
    http::Server server_;
};

/// A webhook on a loop of its own.
class Sender {
  public:
    explicit Sender(const WebhookSettings& settings) {
        workshop_.on_loop([&] {
            auto made = Webhook::create(workshop_.loop, Log(), clock, settings);
            INFO((made ? "" : made.error().message));
            REQUIRE(made);
            webhook_ = std::move(*made);
        });
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender() { destroy(); }

    void post(const std::string& name, Json details = Json::object()) {
        workshop_.on_loop([&] {
            webhook_->post({name, "site/cam1", 1'767'866'401'123'000, std::move(details)});
        });
    }
    Webhook::Counters counters() {
        return workshop_.on_loop([&] { return webhook_->counters(); });
    }
    /// Serves until nothing waits.
    bool done() {
        return http::test::Harness::until([this] { return counters().waiting == 0; });
    }
    void destroy() {
        workshop_.on_loop([&] { webhook_.reset(); });
    }
    std::string log() const { return workshop_.folder.read("log"); }

    FakeClock clock;

  private:
    Workshop workshop_;
    std::unique_ptr<Webhook> webhook_;
};

std::string refusal(const std::string& url) {
    Workshop workshop;
    return workshop.on_loop([&] {
        const FakeClock clock;
        const auto made = Webhook::create(workshop.loop, Log(), clock, {.url = url, .secret = {}});
        INFO(url);
        REQUIRE_FALSE(made);
        CHECK(made.error().code == Code::invalid_config);
        return made.error().message;
    });
}

}  // namespace

TEST_CASE("an event arrives as signed JSON") {
    Receiver receiver;
    Sender sender({.url = receiver.url(), .secret = "key"});
    sender.post("ready", Json::object().set("sourceType", "rtspSource"));
    REQUIRE(sender.done());
    REQUIRE(receiver.requests.size() == 1);
    const http::Request& request = receiver.requests[0];
    CHECK(request.method == "POST");
    CHECK(request.path == "/hook");
    CHECK(request.raw_query == "key=geheim");
    CHECK(request.header("content-type") == "application/json");
    CHECK(request.header("x-rill-event") == "ready");
    CHECK(request.header("x-rill-signature") == webhook_signature("key", request.body));
    CHECK(request.header("authorization").empty());
    const Json event = receiver.event(0);
    CHECK(event["id"].text().value_or("").size() == 36);
    CHECK(event["event"].text() == "ready");
    CHECK(event["path"].text() == "site/cam1");
    CHECK(event["time"].text() == "2026-01-08T10:00:01.123Z");
    CHECK(event["details"]["sourceType"].text() == "rtspSource");
    CHECK(sender.counters().delivered == 1);
}

TEST_CASE("the signature is an HMAC-SHA-256") {
    // RFC 4231 §4.3
    CHECK(webhook_signature("Jefe", "what do ya want for nothing?") ==
          "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("without a secret nothing is signed, and credentials are sent as such") {
    Receiver receiver;
    Sender sender({.url = receiver.url("user:p%40ss@"), .secret = {}});
    sender.post("ready");
    REQUIRE(sender.done());
    REQUIRE(receiver.requests.size() == 1);
    CHECK(receiver.requests[0].header("x-rill-signature").empty());
    CHECK(receiver.requests[0].header("authorization") == "Basic dXNlcjpwQHNz");
}

TEST_CASE("events arrive in their order, one that failed before those after it") {
    Receiver receiver({503, 204});
    Sender sender({.url = receiver.url(), .secret = {}});
    for (const char* name : {"one", "two", "three"})
        sender.post(name);
    REQUIRE(sender.done());
    REQUIRE(receiver.requests.size() == 4);
    CHECK(receiver.requests[1].body == receiver.requests[0].body);  // with the same id
    std::vector<std::string> names;
    for (std::size_t i = 1; i < 4; ++i)
        names.push_back(receiver.event(i)["event"].text().value_or(""));
    CHECK(names == std::vector<std::string>{"one", "two", "three"});
    CHECK(sender.counters().delivered == 3);
    CHECK(sender.counters().failed_attempts == 1);
    CHECK(sender.counters().given_up == 0);
}

TEST_CASE("what is refused is not sent again, and no redirect is followed") {
    const int status = GENERATE(302, 400, 401, 404);
    Receiver receiver({status});
    Sender sender({.url = receiver.url(), .secret = {}});
    sender.post("one");
    sender.post("two");
    REQUIRE(sender.done());
    REQUIRE(receiver.requests.size() == 2);
    CHECK(receiver.requests[1].path == "/hook");
    CHECK(receiver.event(1)["event"].text() == "two");
    CHECK(sender.counters().given_up == 1);
    CHECK(sender.log().find(fmt::format("[webhook 127.0.0.1] one given up: status {}", status)) !=
          std::string::npos);
    CHECK(sender.log().find("geheim") == std::string::npos);
}

TEST_CASE("an event is tried a bounded number of times") {
    Receiver receiver({500, 429, 204});
    Sender sender({.url = receiver.url(), .secret = {}, .attempts = 2});
    sender.post("one");
    sender.post("two");
    REQUIRE(sender.done());
    REQUIRE(receiver.requests.size() == 3);
    CHECK(receiver.event(2)["event"].text() == "two");
    CHECK(sender.counters().given_up == 1);
    CHECK(sender.counters().failed_attempts == 2);
    CHECK(sender.log().find("status 429, after 2 attempts") != std::string::npos);
}

TEST_CASE("an event is tried for a bounded time") {
    Receiver receiver({500, 204});
    Sender sender({.url = receiver.url(), .secret = {}, .retry_time = 1min});
    receiver.received = [&] { sender.clock.advance(1min); };
    sender.post("one");
    REQUIRE(sender.done());
    CHECK(receiver.requests.size() == 1);
    CHECK(sender.counters().given_up == 1);
}

TEST_CASE("a server that does not answer, or is not there, is an attempt that failed") {
    SECTION("no answer") {
        Receiver receiver({0});
        Sender sender({.url = receiver.url(), .secret = {}, .timeout = 100ms, .attempts = 1});
        sender.post("one");
        REQUIRE(sender.done());
        CHECK(sender.log().find("one given up: no answer in time, after 1 attempts") != std::string::npos);
    }
    SECTION("no server") {
        std::string url;
        {
            const Receiver receiver;
            url = receiver.url();
        }
        Sender sender({.url = url, .secret = {}, .attempts = 1});
        sender.post("one");
        REQUIRE(sender.done());
        CHECK(sender.counters().given_up == 1);
        CHECK(sender.log().find("[webhook 127.0.0.1] one given up: ") != std::string::npos);
    }
}

TEST_CASE("a full queue drops the oldest that waits, and keeps what is under way") {
    Receiver receiver;
    Sender sender({.url = receiver.url(), .secret = {}, .queue_events = 3});
    for (const char* name : {"one", "two", "three", "four", "five"})
        sender.post(name);
    CHECK(sender.counters().waiting == 3);
    CHECK(sender.counters().dropped == 2);
    REQUIRE(sender.done());
    std::vector<std::string> names;
    for (const http::Request& request : receiver.requests)
        names.emplace_back(request.header("x-rill-event"));
    CHECK(names == std::vector<std::string>{"one", "four", "five"});
    const std::string log = sender.log();
    CHECK(log.find("queue is full") != std::string::npos);
    CHECK(log.find("queue is full") == log.rfind("queue is full"));
}

TEST_CASE("a queue is bounded in bytes too, and one that is too large pushes nobody out") {
    Receiver receiver({0});
    Sender sender({.url = receiver.url(), .secret = {}, .queue_bytes = 4096});
    for (const char* name : {"one", "two", "three"})
        sender.post(name);
    sender.post("four", Json::object().set("text", std::string(3780, 'x')));  // takes the room of two
    CHECK(sender.counters().dropped == 2);
    CHECK(sender.counters().waiting == 2);
    sender.post("five", Json::object().set("text", std::string(5000, 'x')));
    CHECK(sender.counters().dropped == 3);
    CHECK(sender.counters().waiting == 2);
}

TEST_CASE("a webhook that goes gives up what waits and what is under way") {
    Receiver receiver({0});
    Sender sender({.url = receiver.url(), .secret = {}});
    sender.post("one");
    sender.post("two");
    REQUIRE(http::test::Harness::until([&] { return receiver.requests.size() == 1; }));
    sender.destroy();
    CHECK(sender.log().find("2 events not delivered") != std::string::npos);
}

TEST_CASE("a URL that no webhook can use is refused without being told") {
    CHECK(refusal("rtsp://user:geheim@host/x").find("rtsp://; write http:// or https://") !=
          std::string::npos);
    for (const char* url : {"", "host/geheim", "http://", "http://user:geheim@", "ftp://geheim"})
        CHECK(refusal(url).find("geheim") == std::string::npos);
}
