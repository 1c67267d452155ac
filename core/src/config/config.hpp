// The whole configuration, checked and resolved: every value is there, and every name has been found.
#pragma once

#include "environment.hpp"
#include "problem.hpp"
#include "registry/registry.hpp"

#include <rill/log.hpp>
#include <rill/module.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rill::config {

/// A source, sink or controller of a module, and what it is told. Paths that say nothing about it share the
/// options.
template <class Factory>
struct Configured {
    const Factory* factory = nullptr;
    bool enabled = true;  ///< of a source always
    std::shared_ptr<const Options> options;

    bool operator==(const Configured& other) const {
        if (factory != other.factory || enabled != other.enabled) return false;
        return options == other.options || (options && other.options && *options == *other.options);
    }
};

/// What a path has that says nothing itself: fallback → global → pathDefaults.
struct PathDefaults {
    Options core;  ///< of path_options() and shared_options()
    std::vector<Configured<SourceFactory>> sources;
    std::vector<Configured<SinkFactory>> sinks;

    bool operator==(const PathDefaults& other) const = default;
};

struct PathConfig {
    std::string name;
    Options core;  ///< of path_options() and shared_options(); "source" holds credentials, never log it raw
    Configured<SourceFactory> source;
    std::vector<Configured<SinkFactory>> sinks;  ///< all that are installed, by id

    /// Equal paths need no restart when the configuration is loaded again.
    bool operator==(const PathConfig& other) const = default;
};

struct Config {
    Options core;  ///< of global_options()
    std::vector<Configured<ControllerFactory>> controllers;
    const ArchiveFactory* archive = nullptr;  ///< null: no module keeps recordings
    PathDefaults path_defaults;
    std::map<std::string, PathConfig, std::less<>> paths;
    std::vector<std::string> path_order;  ///< as in the file
    /// Where in the file the `source` of each path stands, or the path; 0: in the environment.
    std::map<std::string, int, std::less<>> path_lines;

    /// What an empty file gives.
    static Config defaults(const Registry& registry);
    bool operator==(const Config& other) const = default;
};

/// With problems, `config` is good only for finding more of them: it holds the default of each value that
/// could not be read, and no source factory where the source is wrong.
struct Loaded {
    Config config;
    std::vector<Problem> problems;
    std::vector<Problem> warnings = {};  ///< what was understood, and is better said otherwise or left out

    explicit operator bool() const { return problems.empty(); }
};

/// Reads YAML text. `file` is the name for messages. The registry must outlive the configuration.
Loaded load(std::string_view yaml, const std::string& file, const Registry& registry,
            const Environment& environment = {});
Loaded load_file(const std::string& file, const Registry& registry, const Environment& environment = {});

LogSettings log_settings(const Config& config);

}  // namespace rill::config
