// A controller with HTTP in front, and an archive and paths behind that are what the test says.
#pragma once

#include "harness.hpp"
#include "hub/path_routes.hpp"
#include "memory_archive.hpp"
#include "status_hub.hpp"

#include <rill/hub.hpp>
#include <rill/json.hpp>
#include <rill/module.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rill::test {

/// Checks at its end that no file descriptor is left.
///
/// Threading: the test's thread, which serves while a call waits for its answer.
class ControllerSite : public ControllerHost {
  public:
    /// Of the module's first controller, with its defaults.
    explicit ControllerSite(const Module& module);
    ~ControllerSite() override;

    StatusHub& paths() { return hub_; }
    MemoryArchive& recordings() { return archive_; }
    /// As if no module kept recordings.
    void lose_archive() { has_archive_ = false; }
    /// The first call does so, unless it was done before.
    void start();
    /// As the daemon does at its end. Who calls later is answered, too.
    void stop();

    /// `headers` are lines, each with its end. What answers in chunks is read to its end.
    http::test::Reply call(std::string_view method, std::string_view target, std::string_view headers = "");
    http::test::Reply get(std::string_view target, std::string_view headers = "") {
        return call("GET", target, headers);
    }
    /// The body of an answer 200; anything else fails the test.
    Json json(std::string_view method, std::string_view target);
    std::uint16_t port() const { return harness_.port(); }
    http::test::Harness& harness() { return harness_; }

    Hub& hub() override { return hub_; }
    Archive* archive() override { return has_archive_ ? &archive_ : nullptr; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    Result<> route(const std::string& path, http::Handler handler) override;
    Result<> path_route(const std::string& pattern, PathHandler handler) override {
        return path_routes_.add(pattern, std::move(handler));
    }
    Result<> websocket(const std::string&, http::WebSocketHandler) override { return ok(); }
    Result<> path_websocket(const std::string& pattern, PathWebSocketHandler handler) override {
        return path_routes_.add(pattern, std::move(handler));
    }
    std::string process_metrics() const override { return ""; }
    http::Server::Statistics http_statistics() const override { return {}; }
    std::filesystem::path web_directory() const override { return {}; }

  private:
    void serve(http::Exchange exchange);

    StatusHub hub_;
    MemoryArchive archive_;
    bool has_archive_ = true;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    const Log log_{"site"};
    std::map<std::string, http::Handler> routes_;
    PathRoutes path_routes_;
    std::unique_ptr<Controller> controller_;
    bool started_ = false;
    bool stopped_ = false;
    const std::size_t descriptors_ = http::test::open_descriptors();
    http::test::Harness harness_;  // last: its handlers use the others
};

}  // namespace rill::test
