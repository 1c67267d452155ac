#include "await.hpp"
#include "catch.hpp"
#include "fakes.hpp"
#include "hub/local_hub.hpp"

#include <rill/clock.hpp>

#include <future>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

PathSettings settings_for(const std::string& name, const std::string& camera) {
    PathSettings settings;
    settings.name = name;
    settings.source_factory = &FakeCamera::factory();
    settings.source = {
        .path = name, .url = "fake://" + camera, .fingerprint = "", .read_timeout = 5s, .options = {}};
    settings.sinks.push_back({&FakeSink::factory(), std::make_shared<const Options>()});
    return settings;
}

struct Stage {
    LocalHub hub{2};

    ~Stage() {
        CHECK(hub.close("the test is over", patience()));
        FakeSink::made();  // nobody else's
    }
    void put(const std::string& name, const std::string& camera) {
        const auto path = hub.make(settings_for(name, camera));
        REQUIRE(path);
        hub.put(*path);
    }
    bool reaches(const std::string& name, PathState state) {
        return await([&] { return hub.status(name)->state == state; });
    }
};

}  // namespace

TEST_CASE("a path that is replaced ends before the one that takes its name begins") {
    Stage stage;
    const auto first = FakeCamera::named("fake://hub-first");
    const auto second = FakeCamera::named("fake://hub-second");
    stage.put("a", "hub-first");
    stage.hub.begin();
    REQUIRE(stage.reaches("a", PathState::online));

    stage.put("a", "hub-second");
    CHECK(second->builds() == 0);
    CHECK(stage.hub.status("a")->state == PathState::stopped);
    // Who comes meanwhile waits for the new one.
    std::promise<Result<ReaderPtr>> opened;
    stage.hub.open(
        "a", "fakesink", {.type = "test", .remote = "192.0.2.1:1", .user_agent = ""},
        [&opened](Result<Opened> answer) {
            opened.set_value(answer ? Result<ReaderPtr>(answer->reader) : Result<ReaderPtr>(answer.error()));
        });
    const auto reader = opened.get_future().get();
    REQUIRE(reader);
    CHECK(second->builds() == 1);
    CHECK(first->alive() == 0);
    CHECK(stage.hub.names() == std::vector<std::string>{"a"});
}

TEST_CASE("of paths that replace each other quickly, none begins before the first is gone") {
    Stage stage;
    const auto first = FakeCamera::named("fake://hub-quick-1");
    const auto last = FakeCamera::named("fake://hub-quick-3");
    stage.put("a", "hub-quick-1");
    stage.hub.begin();
    REQUIRE(stage.reaches("a", PathState::online));
    Loop& loop = stage.hub.find("a")->loop();
    std::promise<void> replaced;
    loop.post([&] { replaced.get_future().wait(); });
    stage.put("a", "hub-quick-2");
    stage.put("a", "hub-quick-3");
    std::promise<int> alive_then;
    std::function<void()> look = [&] {
        if (last->builds() == 0) return loop.post(look);
        alive_then.set_value(first->alive());
    };
    loop.post(look);
    replaced.set_value();
    CHECK(alive_then.get_future().get() == 0);
    CHECK(stage.reaches("a", PathState::online));
    CHECK(FakeCamera::named("fake://hub-quick-2")->builds() == 0);
}

TEST_CASE("a path that is taken out ends, and its name is unknown") {
    Stage stage;
    const auto camera = FakeCamera::named("fake://hub-out");
    stage.put("a", "hub-out");
    stage.put("b", "hub-stays");
    stage.hub.begin();
    REQUIRE(stage.reaches("a", PathState::online));
    stage.hub.remove("a", "it is not needed");
    CHECK(stage.hub.status("a") == nullptr);
    CHECK(stage.hub.names() == std::vector<std::string>{"b"});
    CHECK(await([&] { return camera->alive() == 0; }));
    CHECK(stage.reaches("b", PathState::online));
    stage.hub.remove("nothing", "it was never there");
}

TEST_CASE("the end waits for paths that are on their way out") {
    const auto camera = FakeCamera::named("fake://hub-leaving");
    {
        Stage stage;
        stage.put("a", "hub-leaving");
        stage.hub.begin();
        REQUIRE(stage.reaches("a", PathState::online));
        for (int i = 0; i < 3; ++i)
            stage.put("a", "hub-leaving");
        stage.hub.remove("a", "it is not needed");
    }
    CHECK(camera->alive() == 0);
}

TEST_CASE("a path that cannot be made changes nothing") {
    Stage stage;
    stage.put("a", "hub-good");
    stage.hub.begin();
    REQUIRE(stage.reaches("a", PathState::online));
    PathSettings wrong = settings_for("a", "hub-wrong");
    static constexpr SinkFactory refusing{.id = "refusing",
                                          .summary = "Refuses",
                                          .options = {},
                                          .routes = {},
                                          .create = [](const Options&) -> Result<std::unique_ptr<Sink>> {
                                              return Error{Code::invalid_config, "not like this"};
                                          }};
    wrong.sinks.push_back({&refusing, std::make_shared<const Options>()});
    const auto made = stage.hub.make(std::move(wrong));
    REQUIRE_FALSE(made);
    CHECK(made.error().message == "refusing: not like this");
    CHECK(stage.hub.status("a")->state == PathState::online);
}
