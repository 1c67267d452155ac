#include "../http/harness.hpp"
#include "catch.hpp"
#include "daemon/daemon.hpp"
#include "fixed_configuration.hpp"

#include <array>
#include <future>
#include <optional>

using namespace rill;
using namespace std::chrono_literals;

namespace {

/// What the modules below share with their test.
struct Stage {
    std::optional<http::Exchange> held;  ///< as a look into recordings does that is not done
    bool closes = true;
    std::optional<std::chrono::milliseconds> closed_within;
    bool is_destroyed = false;
};
Stage* stage = nullptr;

/// One whose looks end with it.
class Tape final : public Archive {
  public:
    ~Tape() override { stage->is_destroyed = true; }
    Result<std::unique_ptr<ArchiveWriter>> write(const std::string&, std::function<void(Error)>) override {
        return Error{Code::unavailable, "only read"};
    }
    void read(const std::string&, std::function<void(ArchiveView&)>) override {}
    void paths(std::function<void(Result<std::vector<RecordedPath>>)>) override {}
    void erase(const std::string&, TimeRange, std::function<void(Result<std::uint64_t>)>) override {}
    void lock(const std::string&, TimeRange, bool, std::function<void(Result<std::uint64_t>)>) override {}
    std::vector<StorageStatus> storages() const override { return {}; }
    Result<> configure(std::span<const ArchivePath>, const Options&) override { return ok(); }
    bool close(std::chrono::milliseconds timeout) override {
        stage->closed_within = timeout;
        stage->held.reset();
        return stage->closes;
    }
};

Archive* made = nullptr;

Result<std::unique_ptr<Archive>> make_archive(std::span<const ArchivePath>, const Options&,
                                              std::shared_ptr<Events>) {
    auto archive = std::make_unique<Tape>();
    made = archive.get();
    return std::unique_ptr<Archive>(std::move(archive));
}

class Holder final : public Controller {
  public:
    Result<> start(ControllerHost& host) override {
        return host.route("/held", Needs::nothing,
                          [](http::Exchange exchange) { stage->held = std::move(exchange); });
    }
    void stop() noexcept override {}
};

constexpr ArchiveFactory archive{.id = "tape", .summary = "Nothing", .create = make_archive};
constexpr auto sinks = std::to_array<SinkFactory>({
    {.id = "tape",
     .summary = "Nothing",
     .options = {},
     .routes = {},
     .create = [](const Options&) -> Result<std::unique_ptr<Sink>> {
         return Error{Code::unavailable, "only a table"};
     }},
});
constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "holder",
     .summary = "Answers late",
     .enabled = true,
     .options = {},
     .create = [](const Options&) -> Result<std::unique_ptr<Controller>> {
         return std::make_unique<Holder>();
     }},
});
constexpr Module module{
    .name = "daemontest", .version = "1", .sinks = sinks, .controllers = controllers, .archive = &archive};

/// A daemon that serves the modules.
class Served {
  public:
    Served() {
        stage = &stage_;
        REQUIRE(registry_.add(module).empty());
        const auto loaded = config::load("httpAddress: 127.0.0.1:0\n", "rill.yml", registry_);
        REQUIRE(loaded);
        daemon_.emplace(loop_, configuration_);
        REQUIRE(daemon_->configure(loaded.config, "rill.yml").empty());
        REQUIRE(daemon_->listen());
        REQUIRE(daemon_->begin());
    }
    ~Served() {
        daemon_.reset();
        if (!stage_.is_destroyed) delete made;
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    Stage& stage_of() { return stage_; }
    std::optional<Daemon>& daemon() { return daemon_; }
    /// A client that waits for its answer.
    std::unique_ptr<http::test::Client> waiting_client() {
        auto client = std::make_unique<http::test::Client>(daemon_->ports().front());
        client->send(http::test::get("/held"));
        REQUIRE(http::test::Harness::until([this] { return stage_.held.has_value(); }));
        return client;
    }

  private:
    Stage stage_;
    Registry registry_;
    test::FixedConfiguration configuration_;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    std::optional<Daemon> daemon_;
};

}  // namespace

TEST_CASE("who waits for recordings does not take the time that the archive needs to close") {
    Served served;
    const auto client = served.waiting_client();
    auto answer = std::async(std::launch::async, [&client] {
        auto reply = client->read_reply();
        client->hang_up();
        return reply;
    });
    CHECK(served.daemon()->shutdown(30s));
    REQUIRE(served.stage_of().closed_within);
    CHECK(*served.stage_of().closed_within > 0ms);
    const auto reply = answer.get();
    REQUIRE(reply);
    CHECK(reply->status == 500);
}

TEST_CASE("an archive that cannot be closed outlives the daemon") {
    Served served;
    SECTION("it closes") {
        CHECK(served.daemon()->shutdown(30s));
        served.daemon().reset();
        CHECK(served.stage_of().is_destroyed);
    }
    SECTION("its disk hangs") {
        served.stage_of().closes = false;
        CHECK_FALSE(served.daemon()->shutdown(30s));
        served.daemon().reset();
        CHECK_FALSE(served.stage_of().is_destroyed);
    }
}
