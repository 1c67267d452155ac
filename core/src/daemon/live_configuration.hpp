// The configuration while the daemon runs: the file, what the API changed of it, and the environment.
#pragma once

#include "config/config.hpp"
#include "config/overlay.hpp"
#include "daemon/daemon.hpp"
#include "daemon/watched_file.hpp"
#include "registry/registry.hpp"

#include <rill/configuration.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// Threading: the main thread.
class LiveConfiguration final : public Configuration {
  public:
    struct Given {
        std::string file;
        config::Environment environment;
        bool strict = false;  ///< a warning is a problem
    };
    /// The registry outlives it.
    LiveConfiguration(Given given, const Registry& registry);

    /// What the daemon is to begin with. First of all, and once. With `strict`, warnings are among the
    /// problems.
    config::Loaded load();
    /// From now on changes are put in force there: of the file, and those below, which are for nobody before.
    /// The daemon outlives whoever reads, the loop stop().
    void follow(Daemon& daemon, Loop& loop);
    /// From now on nothing changes: the daemon ends.
    void stop();
    /// Reads the file again. One with problems changes nothing; they are in the log. `why` is for the log,
    /// too.
    void reload(std::string_view why);

    Json global() const override;
    Json path_defaults() const override;
    std::vector<std::string> path_names() const override;
    Result<Json> path(const std::string& name) const override;
    Result<> patch_global(const Json& values) override;
    Result<> patch_path_defaults(const Json& values) override;
    Result<> patch_path(const std::string& name, const Json& values) override;
    Result<> add_path(const std::string& name, const Json& values) override;
    Result<> replace_path(const std::string& name, const Json& values) override;
    Result<> remove_path(const std::string& name) override;

  private:
    using ProblemList = std::vector<config::Problem>;

    /// What could be in force.
    struct Candidate {
        config::Node file;
        config::Overlay overlay;
        config::Loaded loaded;
        bool keeps_changes = false;
    };
    Candidate read() const;
    void open_log();
    config::Overlay kept_overlay(config::Problems& problems) const;
    Candidate combine(config::Node file, config::Overlay overlay, config::Problems problems) const;
    ProblemList put_in_force(Candidate candidate);
    Result<> change(config::Overlay overlay);
    Result<> take_on(config::Overlay overlay);
    Result<> must_be_in_file(const std::string& path) const;
    const config::PathConfig* find(const std::string& path) const;

    // Given.
    const Given given_;
    const Registry& registry_;
    Daemon* daemon_ = nullptr;
    // Owned.
    const std::string overlay_file_;
    const Log log_;
    std::optional<WatchedFile> watched_;
    // State: what is in force.
    FileIdentity identity_;
    config::Node file_;
    config::Overlay overlay_;
    bool keeps_changes_ = false;
    bool stopped_ = false;
};

}  // namespace rill
