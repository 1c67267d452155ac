#include "await.hpp"
#include "catch.hpp"
#include "fakes.hpp"
#include "hub/local_hub.hpp"

#include <rill/clock.hpp>

#include <future>
#include <memory>
#include <utility>

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
    void begin_with(const std::string& camera) {
        put("a", camera);
        hub.begin();
        REQUIRE(reaches("a", PathState::online));
    }
    bool reaches(const std::string& name, PathState state) {
        return await([&] { return hub.status(name)->state == state; });
    }
};

/// Nothing happens on a loop meanwhile.
class Standstill {
  public:
    explicit Standstill(Loop& loop) {
        loop.post([end = end_.get_future().share()] { end.wait(); });
    }
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;
    ~Standstill() { end_.set_value(); }

  private:
    std::promise<void> end_;
};

/// How many bins of `first` are left when `next` builds its first one. Looks on the loop of both, over and
/// over.
class Handover : public std::enable_shared_from_this<Handover> {
  public:
    Handover(Loop& loop, std::shared_ptr<FakeCamera> first, std::shared_ptr<FakeCamera> next)
        : loop_(loop), first_(std::move(first)), next_(std::move(next)) {}

    void look() {
        if (next_->builds() == 0) return loop_.post([self = shared_from_this()] { self->look(); });
        left_.set_value(first_->alive());
    }
    int left() { return left_.get_future().get(); }

  private:
    Loop& loop_;
    const std::shared_ptr<FakeCamera> first_;
    const std::shared_ptr<FakeCamera> next_;
    std::promise<int> left_;
};

}  // namespace

TEST_CASE("a path that is replaced ends before the one that takes its name begins") {
    Stage stage;
    const auto first = FakeCamera::named("fake://hub-first");
    const auto second = FakeCamera::named("fake://hub-second");
    stage.begin_with("hub-first");
    Loop& loop = stage.hub.find("a")->loop();
    const auto handover = std::make_shared<Handover>(loop, first, second);

    {
        const Standstill held(loop);
        stage.put("a", "hub-second");
        handover->look();
    }
    // Who comes meanwhile waits for the new one.
    std::promise<Result<ReaderPtr>> opened;
    stage.hub.open(
        "a", "fakesink", {.type = "test", .remote = "192.0.2.1:1", .user_agent = ""},
        [&opened](Result<Opened> answer) {
            opened.set_value(answer ? Result<ReaderPtr>(answer->reader) : Result<ReaderPtr>(answer.error()));
        });
    const auto reader = opened.get_future().get();
    REQUIRE(reader);
    CHECK(handover->left() == 0);
    CHECK(second->builds() == 1);
    CHECK(stage.hub.names() == std::vector<std::string>{"a"});
}

TEST_CASE("of paths that replace each other quickly, none begins before the first is gone") {
    Stage stage;
    const auto first = FakeCamera::named("fake://hub-quick-1");
    const auto last = FakeCamera::named("fake://hub-quick-3");
    stage.begin_with("hub-quick-1");
    Loop& loop = stage.hub.find("a")->loop();
    const auto handover = std::make_shared<Handover>(loop, first, last);
    {
        const Standstill held(loop);
        stage.put("a", "hub-quick-2");
        stage.put("a", "hub-quick-3");
        handover->look();
    }
    CHECK(handover->left() == 0);
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
        stage.begin_with("hub-leaving");
        for (int i = 0; i < 3; ++i)
            stage.put("a", "hub-leaving");
        stage.hub.remove("a", "it is not needed");
    }
    CHECK(camera->alive() == 0);
}

TEST_CASE("a path that cannot be made changes nothing") {
    Stage stage;
    stage.begin_with("hub-good");
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

TEST_CASE("a path that can be made is made when it is asked for, and goes when nobody does any more") {
    Stage stage;
    stage.hub.resolve_with([](const std::string& name) -> Result<PathSettings> {
        if (!name.starts_with("made")) return Error{Code::not_found, ""};
        PathSettings settings = settings_for(name, "hub-made");
        settings.pattern = "~^made";
        settings.on_demand = true;
        settings.close_after = 0ms;
        return settings;
    });
    using Names = std::vector<std::string>;
    Names made;
    stage.hub.on_made([&](const std::string& name) {
        CHECK(stage.hub.find(name) == nullptr);  // before anything of it runs
        made.push_back(name);
    });
    stage.put("a", "hub-made");
    stage.hub.begin();
    CHECK(stage.hub.settings("made1") != nullptr);
    CHECK(stage.hub.settings("none") == nullptr);
    CHECK(stage.hub.status("made1") == nullptr);
    CHECK(stage.hub.demand("none").error().code == Code::not_found);
    CHECK(made.empty());

    std::promise<Result<ReaderPtr>> opened;
    stage.hub.open("made1", "fakesink", {.type = "test", .remote = "192.0.2.1:1", .user_agent = ""},
                   [&opened](Result<Opened> answer) {
                       if (!answer) return opened.set_value(answer.error());
                       opened.set_value(std::move(answer->reader));
                   });
    auto answer = opened.get_future().get();
    REQUIRE(answer);
    CHECK(made == Names{"made1"});
    CHECK(stage.hub.names() == std::vector<std::string>{"a", "made1"});
    CHECK(stage.hub.status("made1")->configured_as == "~^made");
    CHECK(stage.hub.status("a")->configured_as == "a");
    stage.hub.set_order({"a"});
    CHECK(stage.hub.names() == std::vector<std::string>{"a", "made1"});
    CHECK(stage.hub.remove_idle(0ms).empty());
    CHECK(stage.hub.made_on_demand() == std::vector<std::string>{"made1"});

    answer->reset();
    REQUIRE(stage.reaches("made1", PathState::stopped));
    CHECK(stage.hub.remove_idle(1h).empty());
    CHECK(stage.hub.made_on_demand().size() == 1);
    CHECK(stage.hub.remove_idle(0ms) == Names{"made1"});
    CHECK(stage.hub.made_on_demand().empty());
    CHECK(stage.hub.names() == std::vector<std::string>{"a"});
}

TEST_CASE("paths that are made on demand are bounded") {
    Stage stage;
    stage.hub.resolve_with([](const std::string& name) -> Result<PathSettings> {
        PathSettings settings = settings_for(name, "hub-many");
        settings.pattern = "all_others";
        settings.on_demand = true;
        settings.sinks.clear();
        return settings;
    });
    for (std::size_t i = 0; i < LocalHub::most_on_demand; ++i)
        REQUIRE(stage.hub.demand(fmt::format("p{}", i)));
    const auto refused = stage.hub.demand("one-more");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::too_many);
    CHECK(stage.hub.demand("p7"));
    stage.hub.remove_idle(0ms);
    CHECK(stage.hub.demand("one-more"));
    // One that is configured itself now is not among them any more.
    stage.put("one-more", "hub-many");
    CHECK(stage.hub.made_on_demand().empty());
}
