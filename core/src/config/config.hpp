// The whole configuration, checked and resolved: every value is there, and every name has been found.
#pragma once

#include "environment.hpp"
#include "log/destinations.hpp"
#include "problem.hpp"
#include "registry/registry.hpp"
#include "services.hpp"
#include "util/path_expression.hpp"

#include <rill/log.hpp>
#include <rill/module.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::config {

/// Whether shared options say the same; two nulls do.
inline bool have_same(const std::shared_ptr<const Options>& one,
                      const std::shared_ptr<const Options>& other) {
    return one == other || (one && other && *one == *other);
}

/// A source, sink or controller of a module, and what it is told. Paths that say nothing about it share the
/// options.
template <class Factory>
struct Configured {
    const Factory* factory = nullptr;
    bool enabled = true;  ///< of a source always
    std::shared_ptr<const Options> options;

    bool operator==(const Configured& other) const {
        return factory == other.factory && enabled == other.enabled && have_same(options, other.options);
    }
};

/// What a path has that says nothing itself: fallback → global → pathDefaults.
struct PathDefaults {
    Options core;                          ///< of path_options() and shared_options()
    std::shared_ptr<const Options> hooks;  ///< of path_hook_options(), shared as those of modules are
    std::vector<Configured<SourceFactory>> sources;
    std::vector<Configured<SinkFactory>> sinks;

    bool operator==(const PathDefaults& other) const {
        return core == other.core && have_same(hooks, other.hooks) && sources == other.sources &&
               sinks == other.sinks;
    }
};

struct PathConfig {
    std::string name;
    std::string pattern;  ///< the key of the PatternPath that it was made of; empty: it is configured itself
    std::vector<std::string> groups;  ///< of the pattern, as the name has them: $G1 first
    Options core;  ///< of path_options() and shared_options(); "source" holds credentials, never log it raw
    std::shared_ptr<const Options> hooks;  ///< of path_hook_options(); no groups are filled in
    Configured<SourceFactory> source;
    /// What runs while the camera is away (stand_in_url()); null: nothing.
    const SourceFactory* stand_in = nullptr;
    std::vector<Configured<SinkFactory>> sinks;  ///< all that are installed, by id

    /// Paths that are the same but for their hooks need no restart when the configuration is loaded again.
    bool is_same_path(const PathConfig& other) const {
        return name == other.name && pattern == other.pattern && groups == other.groups &&
               core == other.core && source == other.source && sinks == other.sinks;
    }
    bool operator==(const PathConfig& other) const {
        return is_same_path(other) && have_same(hooks, other.hooks);
    }
};

/// Paths by a regular expression: the key begins with '~', or is "all_others" or "all", which are "~^.*$".
struct PatternPath {
    PathConfig path;  ///< whose name is the key, and whose texts may name groups: "$G1"
    PathExpression expression;

    bool operator==(const PatternPath& other) const { return path == other.path; }
};

struct Config {
    Options core;                   ///< of global_options()
    std::vector<Service> services;  ///< as services_of()
    std::vector<Configured<ControllerFactory>> controllers;
    const ArchiveFactory* archive = nullptr;  ///< null: no module keeps recordings
    PathDefaults path_defaults;
    std::map<std::string, PathConfig, std::less<>> paths;
    std::vector<std::string> path_order;  ///< as in the file
    std::vector<PatternPath>
        patterns;  ///< in the order in which they are tried: as in the file, all_others last
    /// Where in the file the `source` of each path stands, or the path, as Node::line counts.
    std::map<std::string, int, std::less<>> path_lines;

    /// What a path of this name is, by its own or by a regular expression; nothing: there is none.
    std::optional<PathConfig> resolve(const std::string& name) const;
    /// The keys below `paths`: names, then regular expressions.
    std::vector<std::string> path_keys() const;
    /// Of path_keys(), or null.
    const PathConfig* find(std::string_view key) const;

    /// Whether the switch of a service is on, anywhere; that of "http" always is.
    bool is_on(const Service& service) const;
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
/// The same of a tree, with the problems that were found on the way to it.
Loaded load(Node root, const std::string& file, const Registry& registry, const Environment& environment,
            Problems problems);

/// Whether what the API changes is to be kept: apiPersist, as file and environment say.
bool keeps_api_changes(const Node& file, const Environment& environment, const Registry& registry);

struct Logging {
    LogLevel level = LogLevel::info;
    bool structured = false;
    LogDestinations destinations;
};
Logging logging_of(const Config& config);

}  // namespace rill::config
