#include "reload.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace rill {

namespace {

void tell_changes(const Log& log, const Daemon::Changes& changes) {
    log.info("the configuration is in force; paths: {} changed, {} added, {} removed", changes.changed.size(),
             changes.added.size(), changes.removed.size());
    if (!changes.later.empty())
        log.warning("counts from the next start on: {}", fmt::join(changes.later, ", "));
}

}  // namespace

Reload::Reload(std::string file, FileIdentity known, bool strict, const Registry& registry, Daemon& daemon,
               Loop& loop)
    : file_(std::move(file)),
      strict_(strict),
      registry_(registry),
      daemon_(daemon),
      watched_(file_, known, loop, [this] { now("file changed"); }) {}

void Reload::now(std::string_view why) {
    log_.info("reloading configuration ({})", why);
    config::Loaded loaded = config::load_file(file_, registry_, config::process_environment());
    std::vector<config::Problem> problems = std::move(loaded.problems);
    if (strict_) problems.insert(problems.end(), loaded.warnings.begin(), loaded.warnings.end());
    if (problems.empty()) {
        auto reloaded = daemon_.reconfigure(loaded.config, file_);
        problems = std::move(reloaded.problems);
        if (problems.empty()) {
            if (auto logging = configure_logging(config::log_settings(loaded.config)); !logging)
                log_.error("{}; the log stays where it was", logging.error().message);
            for (const auto& warning : loaded.warnings)
                log_.warning("{}", warning.text());
            return tell_changes(log_, reloaded.changes);
        }
    }
    for (const auto& problem : problems)
        log_.error("{}", problem.text());
    log_.error("the configuration has problems and was not loaded; the one before stays in force");
}

}  // namespace rill
