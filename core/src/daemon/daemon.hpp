// The camera server: configuration, hub, HTTP and controllers wired together. Programs add options and
// signals.
#pragma once

#include "config/config.hpp"
#include "hub/local_hub.hpp"
#include "hub/router.hpp"
#include "renditions/transcode_limit.hpp"

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
    /// What another configuration changes.
    struct Changes {
        std::vector<std::string> added, changed, removed;  ///< paths
        std::vector<std::string> later;  ///< keys, and controllers, that count from the next start on
    };
    struct Reloaded {
        Changes changes;
        std::vector<config::Problem> problems;  ///< with any, nothing was changed
    };
    /// Puts another configuration in force while everything runs. Only paths that it changes are closed and
    /// begun again; the others and their viewers do not notice.
    Reloaded reconfigure(const config::Config& config, const std::string& file);

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

    std::vector<std::shared_ptr<Path>> make_paths(const std::vector<std::string>& names,
                                                  const config::Config& config,
                                                  const config::Reporter& report);
    void put_in_force(const config::Config& config);

    Loop& loop_;
    config::Config config_;  // in force
    const std::shared_ptr<TranscodeLimit> transcodes_ = std::make_shared<TranscodeLimit>(0);
    std::unique_ptr<Archive> archive_;  // outlives paths and controllers
    LocalHub hub_;
    Router router_;
    http::Server server_;
    std::vector<std::unique_ptr<Running>> controllers_;
    bool stopped_ = false;
};

}  // namespace rill
