// The camera server: configuration, hub, HTTP and controllers wired together. Programs add options and
// signals.
#pragma once

#include "auth/access_control.hpp"
#include "certificates.hpp"
#include "config/config.hpp"
#include "controllers.hpp"
#include "hooks/hooks.hpp"
#include "http/endpoint.hpp"
#include "hub/local_hub.hpp"
#include "hub/router.hpp"
#include "util/ownership.hpp"
#include "util/permits.hpp"

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
    /// `main_loop` outlives the daemon, and so do the registry of the configuration, and `live`, which is for
    /// controllers.
    Daemon(Loop& main_loop, Configuration& live);
    ~Daemon();

    /// Makes paths and controllers; nothing runs yet. Returns everything that is wrong.
    std::vector<config::Problem> configure(config::Config config, const std::string& file);
    /// What another configuration changes.
    struct Changes {
        std::vector<std::string> added, changed, removed;  ///< paths
        std::vector<std::string> hooks;        ///< paths of which nothing else was changed; they go on
        std::vector<std::string> controllers;  ///< that end, or begin anew
        bool addresses = false;                ///< what is listened at
    };
    struct Reloaded {
        Changes changes;
        std::vector<config::Problem> problems;  ///< with any, nothing was changed
    };
    /// Puts another configuration in force while everything runs. Only paths that it changes are closed and
    /// begun again; the others and their viewers do not notice.
    Reloaded reconfigure(config::Config config, const std::string& file);
    /// What is in force.
    const config::Config& config() const { return config_; }

    /// Opens the addresses. Error: unavailable, naming the address and the reason.
    Result<> listen();
    /// Starts controllers and paths. Error: what a controller said.
    Result<> begin();
    /// Tells viewers, closes everything. False: something was still there at the end of the time.
    bool shutdown(std::chrono::milliseconds timeout);

    /// The ports in use, after listen().
    std::vector<std::uint16_t> ports() const { return server_.ports(); }
    /// To the log, where it listens: "port 8080", "port 8888 with TLS, for hls".
    void tell_addresses() const;

  private:
    class Host;

    std::vector<std::shared_ptr<Path>> make_paths(const std::vector<std::string>& names,
                                                  const config::Config& config,
                                                  const config::Reporter& report);
    void deliver_events();
    void put_hooks(const config::Config& config, const std::string& path);
    void change_hooks(const config::Config& config, const std::string& path);
    void sweep();
    void put_in_force(config::Config config);
    Result<PathSettings> resolve(const std::string& name) const;

    Loop& loop_;
    const Ownership main_thread_;
    Configuration& live_;
    config::Config config_;                 // in force
    const std::shared_ptr<Events> events_;  // archive and paths may hold it for longer
    hooks::Hooks hooks_;
    const std::shared_ptr<Permits> readers_ = std::make_shared<Permits>(0);
    const std::shared_ptr<Permits> transcodes_ = std::make_shared<Permits>(0);
    std::unique_ptr<Archive> archive_;  // outlives paths and controllers
    LocalHub hub_;
    auth::AccessControl access_;
    Router router_;
    http::Server server_;
    Certificates certificates_;
    std::vector<http::Endpoint> endpoints_;  // to listen at
    Controllers controllers_;
    bool begun_ = false;
    Timer sweep_;  // of paths by regular expressions that nobody asks for any more
    bool stopped_ = false;
};

}  // namespace rill
