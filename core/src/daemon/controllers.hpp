// The controllers of the configuration, and their change while everything runs.
#pragma once

#include "config/config.hpp"
#include "hub/router.hpp"

#include <rill/hub.hpp>
#include <rill/loop.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// Threading: the loop's thread.
class Controllers {
  public:
    using Entry = config::Configured<ControllerFactory>;
    /// What one controller sees of the daemon, which adds its routes for that owner.
    using MakeHost = std::function<std::unique_ptr<ControllerHost>(std::string_view id, RouteOwner owner)>;

    Controllers(Loop& loop, Router& router, MakeHost make_host);

    /// What another configuration makes of one controller.
    struct Change {
        std::size_t at = 0;  ///< in the configuration
        Entry entry = {};
        std::unique_ptr<Controller> controller;  ///< null: it is off
    };
    /// What `entries` change. Nothing happens yet; what a controller refuses is among the problems.
    std::vector<Change> make(const std::vector<Entry>& entries, const std::string& file,
                             config::Problems& problems) const;
    /// Puts it in force. Once started, this happens a moment later: who changes the configuration may be a
    /// controller that is changed by it.
    void put(std::vector<Change> changes);

    /// Error: what a controller said.
    Result<> start();
    /// No controller is changed from now on.
    void stop() noexcept;

  private:
    struct Running {
        Entry entry;
        std::unique_ptr<ControllerHost> host;
        std::unique_ptr<Controller> controller;  // null: off
        bool started = false;
    };
    Result<> start(Running& running);
    void replace();
    Running& place(Change change);

    Loop& loop_;
    Router& router_;
    const MakeHost make_host_;
    std::vector<Running> running_;  // as in the configuration
    std::vector<Change> waiting_;   // for replace()
    /// Stopped, and there until the end: a request may still wait for who is asked about it.
    std::vector<Running> retired_;
    Timer soon_;
    bool started_ = false;
};

}  // namespace rill
