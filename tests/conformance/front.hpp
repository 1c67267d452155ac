// HTTP in front of a stage, on a free port of the loopback, as the daemon has it.
#pragma once

#include "fixed_configuration.hpp"
#include "harness.hpp"
#include "hub/router.hpp"
#include "open_access.hpp"
#include "stage.hpp"

#include <rill/hub.hpp>
#include <rill/loop.hpp>

#include <future>
#include <string>
#include <vector>

namespace rill::test {

/// Threading: the test's thread, which serves while with() waits for a client.
class Front final : public ControllerHost {
  public:
    explicit Front(Stage& stage);

    /// Serves while `client` runs on a thread of its own, and returns what it returns.
    template <class F>
    auto with(F client) {
        auto result = std::async(std::launch::async, std::move(client));
        const bool ended = http::test::Harness::until(
            [&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
        if (!ended) http_.shutdown(0);  // so that the client gives up
        return result.get();
    }
    /// The answers to requests that come in one go over one connection; fewer when the server hung up.
    std::vector<http::test::Reply> call(const std::vector<std::string>& requests);
    /// The one answer to a request; what answers another one on the same connection proves that it was one.
    http::test::Reply only_answer(const std::string& request);
    std::uint16_t port() const { return http_.ports().front(); }

    /// What controllers registered.
    const std::vector<std::string>& routes() const { return routes_; }
    const std::vector<std::string>& path_routes() const { return path_routes_; }
    const std::vector<std::string>& websockets() const { return websockets_; }

    Hub& hub() override { return stage_.hub; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    Archive* archive() override { return &stage_.archive; }
    Access& access() override { return access_; }
    Result<> route(const std::string& path, RouteTerms terms, http::Handler handler) override;
    Result<> path_route(const std::string& pattern, RouteTerms terms, PathHandler handler) override;
    Result<> websocket(const std::string& path, Needs needs, http::WebSocketHandler handler) override;
    Result<> path_websocket(const std::string& pattern, Needs needs, PathWebSocketHandler handler) override;
    Configuration& configuration() override { return configuration_; }
    Events& events() override { return events_; }
    std::optional<http::Response> count(const http::Request& request, Counts as) override {
        return router_.count(request, as);
    }
    void dispatch(http::Exchange exchange) override { router_.handle(std::move(exchange)); }
    std::string process_metrics() const override { return ""; }
    http::Server::Statistics http_statistics() const override { return http_.statistics(); }
    bool is_ready() const override { return true; }
    std::filesystem::path web_directory() const override;

  private:
    Stage& stage_;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    Events events_{loop_};
    const Log log_{"front"};
    OpenAccess access_;
    FixedConfiguration configuration_;
    Router router_;
    std::vector<std::string> routes_, path_routes_, websockets_;
    http::Server http_;  // last: its handlers use the others
};

/// One request with a body, if any.
std::string request(std::string_view method, std::string_view target, std::string_view more_headers = "",
                    std::string_view body = "");

}  // namespace rill::test
