// A module that fails is nobody else's trouble.
#include "catch.hpp"
#include "modules.hpp"
#include "stage.hpp"

#include <array>
#include <atomic>

using namespace rill;
using namespace rill::test;

namespace {

Result<std::unique_ptr<Sink>> no_sink(const Options&) {
    return Error{Code::invalid_config, "a sink that nobody can make"};
}
Result<std::unique_ptr<Source>> no_source(const SourceContext&) {
    return Error{Code::invalid_config, "a source that nobody can make"};
}
Result<std::unique_ptr<Controller>> no_controller(const Options&) {
    return Error{Code::invalid_config, "a controller that nobody can make"};
}

std::atomic<int> attempts{0};
std::atomic<int> counted{0};
std::atomic<int> losses{0};

/// Starts, takes the first unit of each track, and breaks; each second time it does not even start.
class BreakingSink final : public Sink {
  public:
    Result<> start(SinkHost& host, std::span<const Track> tracks) override {
        if (++attempts % 2 == 0) return Error{Code::unavailable, "does not start each second time"};
        for (const Track& track : tracks) {
            links_.push_back(host.subscribe(track, {}, [&host](const UnitPtr&) {
                host.failed({Code::internal, "breaks at once"});
            }));
        }
        return ok();
    }
    void stop(const std::string&) noexcept override { links_.clear(); }

  private:
    std::vector<std::unique_ptr<Link>> links_;
};

class CountingSink final : public Sink {
  public:
    Result<> start(SinkHost& host, std::span<const Track> tracks) override {
        for (const Track& track : tracks) {
            links_.push_back(host.subscribe(track, {}, [](const UnitPtr& unit) {
                ++counted;
                if (unit->discontinuity) ++losses;
            }));
        }
        return ok();
    }
    void stop(const std::string&) noexcept override { links_.clear(); }

  private:
    std::vector<std::unique_ptr<Link>> links_;
};

template <class T>
Result<std::unique_ptr<Sink>> make(const Options&) {
    return std::unique_ptr<Sink>(std::make_unique<T>());
}

constexpr std::array<std::string_view, 1> schemes{"broken"};
constexpr std::array sources{SourceFactory{
    .id = "broken", .summary = "cannot be made", .schemes = schemes, .options = {}, .create = no_source}};
constexpr std::array sinks{SinkFactory{.id = "unmade",
                                       .summary = "cannot be made",
                                       .enabled = true,
                                       .options = {},
                                       .routes = {},
                                       .create = no_sink},
                           SinkFactory{.id = "breaking",
                                       .summary = "breaks again and again",
                                       .enabled = true,
                                       .options = {},
                                       .routes = {},
                                       .create = make<BreakingSink>},
                           SinkFactory{.id = "counting",
                                       .summary = "counts units",
                                       .enabled = true,
                                       .options = {},
                                       .routes = {},
                                       .create = make<CountingSink>}};
constexpr std::array controllers{ControllerFactory{.id = "unmadecontroller",
                                                   .summary = "cannot be made",
                                                   .enabled = true,
                                                   .options = {},
                                                   .create = no_controller}};
constexpr Module faulty{
    .name = "faulty", .version = "1", .sources = sources, .sinks = sinks, .controllers = controllers};

PathSettings::SinkSettings with(const SinkFactory& factory) {
    return {&factory, std::make_shared<const Options>(Options::defaults(factory.options))};
}

}  // namespace

TEST_CASE("the faulty module is in order as far as a registry can see") {
    Registry registry;
    CHECK(registry.add(faulty).empty());
}

TEST_CASE("what cannot be made is an error, and what was made before runs on") {
    Stage stage;
    REQUIRE(stage.add(recorded_path("good", "recorded://pcmu")));
    const Census before;
    for (int round = 0; round < 20; ++round) {
        PathSettings no_source = settings_for("no-source", sources[0], {});
        const auto first = stage.add(std::move(no_source));
        REQUIRE_FALSE(first);
        CHECK(first.error().message == "a source that nobody can make");

        PathSettings no_sink = recorded_path("no-sink", "recorded://h264");
        // The ones before it in the list have been made by then.
        for (const auto& offer : offered_sinks())
            no_sink.sinks.push_back(with(*offer.factory));
        no_sink.sinks.push_back(with(sinks[0]));
        const auto second = stage.add(std::move(no_sink));
        REQUIRE_FALSE(second);
        CHECK(second.error().message == "unmade: a sink that nobody can make");
    }
    CHECK(before.surplus() == nothing);
    CHECK(stage.hub.names() == std::vector<std::string>{"good"});
    CHECK(stage.hub.status("no-sink") == nullptr);
    stage.hub.begin();
    CHECK(stage.hub.start("good"));
    CHECK(stage.reaches("good", PathState::online));
}

TEST_CASE("a sink that breaks is started again and again, and its siblings lose nothing") {
    attempts = counted = losses = 0;
    Stage stage;
    PathSettings path = recorded_path("cam1", "recorded://h264+aac");
    path.sinks.push_back(with(sinks[1]));
    for (const auto& [module, factory] : offered_sinks())
        path.sinks.push_back({factory, std::make_shared<const Options>(example_options(*module, *factory))});
    path.sinks.push_back(with(sinks[2]));
    const auto added = stage.add(std::move(path));
    REQUIRE(added);
    stage.hub.begin();
    REQUIRE(stage.hub.start("cam1"));
    REQUIRE(await([&] { return attempts >= 3; }));
    const int before = counted;
    REQUIRE(await([&] { return counted > before + 50; }));
    CHECK(losses == 0);

    const auto status = stage.hub.status("cam1");
    CHECK(status->state == PathState::online);
    CHECK(status->reconnects == 0);
    CHECK(status->units_dropped == 0);
    REQUIRE(status->sinks.size() == offered_sinks().size() + 2);
    for (const SinkStatus& sink : status->sinks) {
        INFO(sink.id << " " << sink.reason);
        if (sink.id == "breaking") {
            CHECK_FALSE(sink.reason.empty());
        } else {
            CHECK(sink.running);
        }
    }
}
