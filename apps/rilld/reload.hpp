// The configuration is read again while the daemon runs.
#pragma once

#include "config/config.hpp"
#include "daemon/daemon.hpp"
#include "daemon/watched_file.hpp"
#include "registry/registry.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>

#include <string>
#include <string_view>

namespace rill {

/// Threading: the main thread. Registry and daemon outlive it.
class Reload {
  public:
    /// `known`: what the file was before it was read. `strict`: a warning is a problem.
    Reload(std::string file, FileIdentity known, bool strict, const Registry& registry, Daemon& daemon,
           Loop& loop);

    /// A file with problems changes nothing; they are in the log. `why` is for the log, too.
    void now(std::string_view why);

  private:
    const std::string file_;
    const bool strict_;
    const Registry& registry_;
    Daemon& daemon_;
    const Log log_;
    const WatchedFile watched_;
};

}  // namespace rill
