// What happens, told to the commands and webhooks of the configuration.
#pragma once

#include "hooks/path_hooks.hpp"
#include "hooks/processes.hpp"
#include "hooks/webhook.hpp"

#include <rill/event.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::hooks {

/// webhooks: a global key.
std::span<const Option> webhook_options();
/// What is wrong with a value of path_hook_options(); nothing: it is right.
std::optional<std::string> check_command(std::string_view text);

/// Threading: the main thread, whose loop is given.
class Hooks {
  public:
    Hooks(Loop& main_loop, Events& events) : loop_(main_loop), events_(events) {}
    Hooks(const Hooks&) = delete;
    Hooks& operator=(const Hooks&) = delete;

    /// A webhook, and what it is told of.
    struct Target {
        std::unique_ptr<Webhook> webhook;
        std::vector<std::string> events;  ///< by name; empty: all
    };
    using Targets = std::vector<Target>;
    /// The webhooks of a configuration, not yet in force. Error: invalid_config, with the place.
    Result<Targets> make_webhooks(const Options& global) const;
    void put_webhooks(Targets targets);
    /// A path comes, or is replaced: before anything of it is told.
    void put_path(const HookedPath& path, const Options& options);
    /// How the path is; null: it has gone.
    using Status = std::function<std::shared_ptr<const PathStatus>()>;
    /// Only its hooks change, while it goes on. `now` is called, if at all, when everything that is told from
    /// then on arrives.
    void change_path(const HookedPath& path, const Options& options, const Status& now);
    /// A path goes: what ran as long as it was there is told to end now, the rest when the path tells its end
    /// and that of its recording.
    void remove_path(const std::string& path);
    /// What became of the webhooks' events, as Prometheus text.
    std::string metrics() const;
    /// After the paths' end. Waits for the commands, at most `timeout`; false: one survived.
    bool close(std::chrono::milliseconds timeout);

  private:
    using Paths = std::map<std::string, std::unique_ptr<PathHooks>, std::less<>>;
    void observe();
    PathHooks* add(const HookedPath& path, const PathCommands& commands);
    void forget(Paths::iterator path);
    void forget_if_over(Paths::iterator path);
    void tell(const rill::Event& event);

    Loop& loop_;
    Events& events_;
    Processes processes_;
    Paths paths_;
    Targets webhooks_;
    std::shared_ptr<Events::Observer> observer_;  // while there is anybody to tell
};

}  // namespace rill::hooks
