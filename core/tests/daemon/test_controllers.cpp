// Controllers that a new configuration switches and changes.
#include "../http/harness.hpp"
#include "catch.hpp"
#include "daemon/daemon.hpp"
#include "fixed_configuration.hpp"
#include "running.hpp"

#include <rill/log.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace rill;

namespace {

std::vector<std::string> told;  ///< what controllers have done
std::function<void()> asked;    ///< by whoever asks for /change
bool refuses = false;           ///< a controller that is to start, when most of its routes are there
constexpr const char* address = "httpAddress: 127.0.0.1:0\n";

/// Says its word wherever it is asked.
class Speaker final : public Controller {
  public:
    Speaker(std::string route, std::string word) : route_(std::move(route)), word_(std::move(word)) {}
    ~Speaker() override { told.push_back(word_ + " has gone"); }
    Result<> start(ControllerHost& host) override {
        told.push_back(word_ + " begins");
        const auto say = [this](http::Exchange exchange) {
            exchange.respond(http::Response::text(200, "text/plain", word_));
        };
        if (auto added = host.route("/change/" + route_, Needs::nothing,
                                    [say](http::Exchange exchange) {
                                        asked();
                                        say(std::move(exchange));
                                    });
            !added)
            return added;
        if (auto added = host.path_route("/{path}/" + route_, Needs::nothing,
                                         [say](PathCall call) { say(std::move(call.exchange)); });
            !added)
            return added;
        const auto hold = [this](http::Exchange exchange) {
            told.push_back(word_ + " holds");
            held_.push_back(std::move(exchange));
        };
        if (auto added = host.route("/hold/" + route_, Needs::nothing, hold); !added) return added;
        if (refuses) return Error{Code::unavailable, "not now"};
        return host.route("/" + route_, Needs::nothing, say);
    }
    void stop() noexcept override {
        told.push_back(word_ + " ends");
        held_.clear();
    }

  private:
    const std::string route_, word_;
    std::vector<http::Exchange> held_;
};

constexpr auto options = std::to_array<Option>(
    {{.name = "word", .type = Type::text, .fallback = "hello", .doc = "What it says."},
     {.name = "route", .type = Type::text, .fallback = "say", .doc = "Where it says it."}});

Result<std::unique_ptr<Controller>> make(const Options& values) {
    if (values.text("word") == "nothing") return Error{Code::invalid_config, "it has to say something"};
    return std::make_unique<Speaker>(values.text("route"), values.text("word"));
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "speaker", .summary = "Speaks", .enabled = true, .options = options, .create = make},
    {.id = "other", .summary = "Speaks, too", .enabled = false, .options = options, .create = make},
});
constexpr Module module{.name = "controllertest", .version = "1", .controllers = controllers};

class Changing {
  public:
    Changing() {
        told.clear();
        asked = nullptr;
        REQUIRE(registry_.add(module).empty());
        daemon_.emplace(loop_, configuration_);
        REQUIRE(daemon_->configure(load(""), "rill.yml").empty());
        REQUIRE(daemon_->listen());
        REQUIRE(daemon_->begin());
    }
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;
    ~Changing() { daemon_.reset(); }

    Daemon::Reloaded change(const std::string& text) {
        auto reloaded = daemon_->reconfigure(load(text), "rill.yml");
        if (reloaded.problems.empty()) settle();
        return reloaded;
    }
    config::Config load(const std::string& text) {
        auto loaded = config::load(address + text, "rill.yml", registry_);
        REQUIRE(loaded);
        return loaded.config;
    }
    Daemon& daemon() { return *daemon_; }
    /// "200 hello".
    std::string answer(const std::string& url) {
        auto reply = std::async(std::launch::async, [url, port = daemon_->ports().front()] {
            return http::test::Client(port).call(http::test::get(url));
        });
        REQUIRE(http::test::Harness::until(
            [&] { return reply.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
        const auto got = reply.get();
        REQUIRE(got);
        return got->status == 200 ? fmt::format("200 {}", got->body) : std::to_string(got->status);
    }

  private:
    /// What was posted until now has been done.
    void settle() {
        bool done = false;
        const Timer last = loop_.after(std::chrono::milliseconds(1), [&done] { done = true; });
        REQUIRE(http::test::Harness::until([&done] { return done; }));
    }

    Registry registry_;
    test::FixedConfiguration configuration_;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    std::optional<Daemon> daemon_;
};

}  // namespace

TEST_CASE("a controller whose keys change begins anew, and no other") {
    Changing site;
    CHECK(site.answer("/say") == "200 hello");
    told.clear();
    CHECK(site.change("speakerWord: bye\n").changes.controllers == std::vector<std::string>{"speaker"});
    CHECK(told == std::vector<std::string>{"hello ends", "bye begins"});
    CHECK(site.answer("/say") == "200 bye");
    CHECK(site.answer("/cam/say") == "200 bye");
    told.clear();
    CHECK(site.change("speakerWord: bye\nlogLevel: warn\n").changes.controllers.empty());
    CHECK(told.empty());
}

TEST_CASE("a controller is switched off and on, and another takes its routes") {
    Changing site;
    site.change("speaker: no\n");
    CHECK(site.answer("/say") == "404");
    CHECK(site.answer("/cam/say") == "404");
    site.change("other: yes\notherWord: mine\nspeaker: no\n");
    CHECK(site.answer("/say") == "200 mine");
    site.change("otherWord: mine\n");
    CHECK(site.answer("/say") == "200 hello");
}

TEST_CASE("what a controller refuses changes nothing") {
    Changing site;
    told.clear();
    const auto refused = site.change("speakerWord: nothing\n");
    REQUIRE(refused.problems.size() == 1);
    CHECK(refused.problems.front().text() == "rill.yml: speaker: it has to say something");
    CHECK(told.empty());
    CHECK(site.answer("/say") == "200 hello");
}

TEST_CASE("a controller may change the configuration that changes itself, also twice") {
    Changing site;
    asked = [&site] {
        CHECK(site.daemon().reconfigure(site.load("speakerWord: one\n"), "rill.yml").problems.empty());
        CHECK(site.daemon().reconfigure(site.load("speakerWord: two\n"), "rill.yml").problems.empty());
    };
    told.clear();
    CHECK(site.answer("/change/say") == "200 hello");
    CHECK(site.answer("/say") == "200 two");
    CHECK(told == std::vector<std::string>{"one has gone", "hello ends", "two begins"});
}

TEST_CASE("a controller that ends is asked nothing any more, whoever it answers then") {
    Changing site;
    told.clear();
    // The second request is there when the first one is answered.
    auto second = std::async(std::launch::async, [port = site.daemon().ports().front()] {
        http::test::Client client(port);
        client.send(http::test::get("/hold/say") + http::test::get("/say"));
        client.read_reply();
        return client.read_reply();
    });
    REQUIRE(http::test::Harness::until([] { return told == std::vector<std::string>{"hello holds"}; }));
    site.change("speakerWord: bye\n");
    REQUIRE(http::test::Harness::until(
        [&] { return second.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    const auto reply = second.get();
    REQUIRE(reply);
    CHECK(reply->body != "hello");
}

TEST_CASE("routes that another controller has are told, and the rest goes on") {
    const test::Folder folder;
    REQUIRE(configure_logging({LogLevel::info, false, folder.path / "log"}));
    Changing site;
    told.clear();
    site.change("other: yes\notherWord: mine\n");
    CHECK(site.answer("/say") == "200 hello");
    CHECK(told == std::vector<std::string>{"mine begins", "mine ends"});
    REQUIRE(configure_logging({}));
    CHECK(folder.read("log").find("[config] other does not start: ") != std::string::npos);
    site.change("other: yes\notherWord: mine\notherRoute: elsewhere\n");
    CHECK(site.answer("/elsewhere") == "200 mine");
}

TEST_CASE("a controller that does not start leaves nothing behind, and the next reload tries again") {
    Changing site;
    refuses = true;
    site.change("other: yes\notherWord: mine\notherRoute: elsewhere\n");
    refuses = false;
    CHECK(site.answer("/change/elsewhere") == "404");
    CHECK(site.answer("/cam/elsewhere") == "404");
    site.change("other: yes\notherWord: mine\notherRoute: elsewhere\n");
    CHECK(site.answer("/elsewhere") == "200 mine");
    CHECK(site.answer("/cam/elsewhere") == "200 mine");
}
