// The hooks of one path: which commands run when something happens to it.
#pragma once

#include "hooks/event_command.hpp"
#include "hooks/hook.hpp"

#include <rill/event.hpp>
#include <rill/options.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::hooks {

/// runOn…: keys of paths, with MediaMTX's names.
std::span<const Option> path_hook_options();

/// Whose hooks they are.
struct HookedPath {
    std::string name;
    std::vector<std::string> groups = {};  ///< G1, G2, … of a path by a regular expression
    std::string recorder = {};             ///< the id of the sink that records; empty: there is none
};

/// What the configuration of a path says of them.
struct PathCommands {
    Pair init, available, online, reader;
    std::optional<CommandSettings> segment_begun, segment_complete;

    /// `options` are the path's; its commands have been checked (CommandLine).
    static PathCommands of(const Options& options);
    bool operator==(const PathCommands&) const = default;
};

/// Threading: the loop's thread.
class PathHooks {
  public:
    PathHooks(const HookedPath& path, const PathCommands& commands, Loop& loop, const Processes& processes);
    PathHooks(const PathHooks&) = delete;
    PathHooks& operator=(const PathHooks&) = delete;
    /// Ends what runs while something is the case; the commands for its end still run.
    ~PathHooks() = default;

    /// Of this path. What is told twice counts once.
    void tell(const rill::Event& event);
    /// What is the case already, when they come to a path that runs: as if it had just been told.
    void tell(const PathStatus& now);
    /// Other commands from now on, also for what is the case: see Hook::change().
    void change(const PathCommands& commands);
    /// The path is no longer configured: ends what runs as long as it is.
    void leave();
    /// Another path takes its place: ends all, and begins again with what that one tells.
    void begin_again(const HookedPath& path, const PathCommands& commands);
    /// Whether the path was left, and nothing that it still tells of its end is to come.
    bool is_over() const { return left_ && !is_available_ && readers_.empty() && !records_; }

  private:
    using SegmentCommand = std::optional<EventCommand>;
    void put(SegmentCommand& there, const std::optional<CommandSettings>& settings) const;
    Environment with_source(const rill::Event& event) const;
    void path_available(const rill::Event& event);
    void path_online(const rill::Event& event);
    void path_offline();
    void path_unavailable();
    void reader_added(const rill::Event& event);

    const Site site_;
    const std::string recorder_;
    Environment common_;  ///< what all commands get
    PathCommands commands_;
    Hook init_, available_, online_;
    std::map<std::string, Hook> readers_;  // by id
    std::optional<EventCommand> segment_begun_, segment_complete_;
    bool is_available_ = false;
    bool is_online_ = false;
    bool records_ = false;
    bool left_ = false;
};

}  // namespace rill::hooks
