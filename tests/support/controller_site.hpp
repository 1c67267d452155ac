// A controller with HTTP in front, and an archive and paths behind that are what the test says.
#pragma once

#include "fixed_configuration.hpp"
#include "harness.hpp"
#include "hub/path_routes.hpp"
#include "memory_archive.hpp"
#include "open_access.hpp"
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
#include <vector>

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
    OpenAccess& guard() { return access_; }
    /// As if no module kept recordings.
    void lose_archive() { has_archive_ = false; }
    /// The first call does so, unless it was done before.
    void start();
    /// Another controller in its place, as the daemon does when its keys change; only what it adds is routed.
    void begin_anew();
    /// As the daemon does at its end. Who calls later is answered, too.
    void stop();

    /// `headers` are lines, each with its end. What answers in chunks is read to its end.
    http::test::Reply call(std::string_view method, std::string_view target, std::string_view headers = "",
                           std::string_view body = "");
    http::test::Reply get(std::string_view target, std::string_view headers = "") {
        return call("GET", target, headers);
    }
    /// The body of an answer 200; anything else fails the test.
    Json json(std::string_view method, std::string_view target);
    std::uint16_t port() const { return harness_.port(); }
    http::test::Harness& harness() { return harness_; }

    Hub& hub() override { return hub_; }
    Archive* archive() override { return has_archive_ ? &archive_ : nullptr; }
    FixedConfiguration& configuration() override { return configuration_; }
    Events& events() override { return events_; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    Access& access() override { return access_; }
    Result<> route(const std::string& path, RouteTerms terms, http::Handler handler) override;
    Result<> path_route(const std::string& pattern, RouteTerms, PathHandler handler) override {
        return path_routes_.add(pattern, std::move(handler));
    }
    Result<> websocket(const std::string&, Needs, http::WebSocketHandler) override { return ok(); }
    Result<> path_websocket(const std::string& pattern, Needs, PathWebSocketHandler handler) override;
    std::optional<http::Response> count(const http::Request&, Counts as) override {
        counted.push_back(as);
        if (!is_too_many) return {};
        return http::Response::error({Code::too_many, "too many of this address"});
    }
    void dispatch(http::Exchange exchange) override { serve(std::move(exchange)); }
    std::string process_metrics() const override { return ""; }
    http::Server::Statistics http_statistics() const override { return {}; }
    bool is_ready() const override { return !stopped_; }
    std::filesystem::path web_directory() const override { return {}; }

    std::vector<Counts> counted;  ///< what count() was called with
    bool is_too_many = false;     ///< what it says from now on

  private:
    void serve(http::Exchange exchange);

    StatusHub hub_;
    MemoryArchive archive_;
    OpenAccess access_;
    FixedConfiguration configuration_;
    bool has_archive_ = true;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    Events events_{loop_};
    const Log log_{"site"};
    std::map<std::string, http::Handler> routes_;
    PathRoutes path_routes_;
    const ControllerFactory& factory_;
    std::unique_ptr<Controller> controller_;
    std::vector<std::unique_ptr<Controller>> retired_;
    bool started_ = false;
    bool stopped_ = false;
    const std::size_t descriptors_ = http::test::open_descriptors();
    http::test::Harness harness_;  // last: its handlers use the others
};

}  // namespace rill::test
