// The camera server: configuration, hub, HTTP and controllers wired together. Programs add options and
// signals.
#pragma once

#include "config/config.hpp"
#include "hub/local_hub.hpp"
#include "hub/router.hpp"

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/loop.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace rill {

/// Threading: the main thread, whose loop is given and run by the caller.
class Daemon {
  public:
    /// `main_loop` outlives the daemon, and so does the registry of the configuration.
    explicit Daemon(Loop& main_loop);
    ~Daemon();

    /// Makes paths and controllers; nothing runs yet. Returns everything that is wrong.
    std::vector<config::Problem> configure(const config::Config& config, const std::string& file);
    /// Opens the addresses. Error: unavailable, naming the address and the reason.
    Result<> listen();
    /// Starts controllers and paths. Error: what a controller said.
    Result<> begin();
    /// Tells viewers, closes everything. False: something was still there at the end of the time.
    bool shutdown(std::chrono::milliseconds timeout);

    /// The ports in use, after listen().
    std::vector<std::uint16_t> ports() const { return server_.ports(); }

  private:
    class Host;
    struct Running;

    Loop& loop_;
    std::unique_ptr<Archive> archive_;  // outlives paths and controllers
    LocalHub hub_;
    Router router_;
    http::Server server_;
    std::string address_;
    std::vector<std::unique_ptr<Running>> controllers_;
    bool stopped_ = false;
};

}  // namespace rill
