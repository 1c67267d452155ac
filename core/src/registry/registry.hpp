// The modules of the process and what they offer.
#pragma once

#include <rill/module.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// Modules are loaded once and stay until the process ends: their code and their tables may be used for good.
/// What the registry holds has been checked: ids, schemes and option keys are unique, tables are sound.
///
/// Threading: filled on one thread, then read on any.
class Registry {
  public:
    struct Loaded {
        const Module* module;
        std::string file;  ///< empty: built in
    };

    /// Loads every rill-*.so in the directories and one level below them, by name. Returns what is wrong,
    /// each with its file; a module with a problem is left out.
    std::vector<std::string> load(const std::vector<std::filesystem::path>& directories);

    /// Adds one module that is linked in. Returns what is wrong; then it is left out.
    std::vector<std::string> add(const Module& module, const std::string& file = "");

    /// In the order of loading.
    const std::vector<Loaded>& modules() const { return modules_; }
    /// By id.
    const std::vector<const SourceFactory*>& sources() const { return sources_; }
    const std::vector<const SinkFactory*>& sinks() const { return sinks_; }
    const std::vector<const ControllerFactory*>& controllers() const { return controllers_; }
    /// Null: no module keeps recordings.
    const ArchiveFactory* archive() const { return archive_; }

    /// Null: no module has it. `scheme` in lower case.
    const SourceFactory* source_for_scheme(std::string_view scheme) const;
    const SinkFactory* sink(std::string_view id) const;
    const ControllerFactory* controller(std::string_view id) const;

  private:
    std::vector<std::string> load_file(const std::filesystem::path& file);
    std::vector<std::string> conflicts(const Module& module) const;

    std::vector<Loaded> modules_;
    std::vector<const SourceFactory*> sources_;
    std::vector<const SinkFactory*> sinks_;
    std::vector<const ControllerFactory*> controllers_;
    const ArchiveFactory* archive_ = nullptr;
    std::map<std::string_view, const SourceFactory*> schemes_;
    std::map<std::string, std::string_view> keys_;  ///< configuration key → module that has it
    std::set<std::filesystem::path> files_;         ///< seen, so that overlapping directories do no harm
};

/// $RILL_MODULE_DIR (separated by colons), else `fallback`.
std::vector<std::filesystem::path> module_directories(const std::filesystem::path& fallback);

}  // namespace rill
