#include "config.hpp"

#include "groups.hpp"
#include "hooks/path_hooks.hpp"
#include "mediamtx.hpp"
#include "source_url.hpp"
#include "stand_in.hpp"
#include "suggest.hpp"
#include "tables.hpp"
#include "util/escape.hpp"
#include "util/options.hpp"
#include "value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rill::config {
namespace {

constexpr Option module_switch = {.name = "", .type = Type::boolean, .fallback = "no", .doc = ""};

template <class Factory>
std::vector<Configured<Factory>> with_fallbacks(const std::vector<const Factory*>& factories) {
    std::vector<Configured<Factory>> result;
    for (const Factory* factory : factories) {
        bool enabled = true;
        if constexpr (requires { factory->enabled; }) enabled = factory->enabled;
        result.push_back({factory, enabled, std::make_shared<Options>(Options::defaults(factory->options))});
    }
    return result;
}

/// Options that nobody shares yet may be written; others are copied first.
Options& writable(std::shared_ptr<const Options>& options) {
    if (options.use_count() > 1) options = std::make_shared<Options>(*options);
    return const_cast<Options&>(*options);  // made by make_shared<Options>, here or for the defaults
}

template <class Factory>
void assign(Configured<Factory>& target, const Option* option, Options::Value value) {
    if (option == nullptr) {
        target.enabled = std::get<bool>(value);
    } else {
        writable(target.options).set(option->name, std::move(value));
    }
}

class Loader {
  public:
    Loader(const std::string& file, const Registry& registry, const Keys& keys, Problems& problems,
           Problems& warnings)
        : registry_(registry),
          keys_(keys),
          report_(file, problems),
          warn_(file, warnings),
          config_(Config::defaults(registry)) {}

    Config load(const Node& root) {
        if (!is_mapping(root, "the configuration")) return std::move(config_);
        for (const Entry& entry : root.entries) {
            if (entry.key != "paths" && entry.key != "pathDefaults") {
                read_entry(entry, Scope::global, "", config_.path_defaults);
            }
        }
        if (const Entry* defaults = find(root, "pathDefaults")) {
            if (is_mapping(defaults->value, "pathDefaults")) {
                read_mapping(defaults->value, "pathDefaults", config_.path_defaults);
            }
        }
        require_controller_options(root);
        require_log_file(root);
        if (const Entry* paths = find(root, "paths")) {
            if (is_mapping(paths->value, "paths")) {
                for (const Entry& path : paths->value.entries)
                    read_path(path);
            }
        }
        std::stable_partition(config_.patterns.begin(), config_.patterns.end(),
                              [](const PatternPath& pattern) { return !is_catch_all(pattern.path.name); });
        check_substreams();
        warn_of(older_names_, "older names, which still count");
        warn_of(without_effect_, "keys of MediaMTX without effect here");
        warn_of(for_publishers_, "paths that wait for publishers, whom this version does not take");
        return std::move(config_);
    }

  private:
    bool is_mapping(const Node& node, const std::string& key) const {
        if (node.kind == Node::Kind::mapping || node.is_null()) return true;
        report_.add(node.line, key, fmt::format("expected a mapping, got {}", node.kind_name()));
        return false;
    }

    void read_mapping(const Node& mapping, const std::string& prefix, PathDefaults& values) {
        for (const Entry& entry : mapping.entries)
            read_entry(entry, Scope::path, prefix, values);
    }

    void read_entry(const Entry& entry, Scope scope, const std::string& prefix, PathDefaults& values) {
        const std::string name = child_key(prefix, entry.key);
        const Key* const key = keys_.find(entry.key);
        if (key == nullptr) return read_foreign(entry, scope, prefix, values);
        if (!key->allowed_in(scope)) {
            report_.add(entry.line, name,
                        scope == Scope::global ? "can be set only in a path or in pathDefaults"
                                               : "can be set only at the top level");
            return;
        }
        const Option& option = key->option == nullptr ? module_switch : *key->option;
        auto value = parse_value(option, entry.value, name, report_);
        if (!value) return;
        if (key->is_of_core()) {
            if (auto wrong = check_core_value(option, *value)) {
                report_.add(entry.value.line, name, std::move(*wrong));
                return;
            }
        }
        set(*key, std::move(*value), values);
    }

    /// A key that no table has may be MediaMTX's.
    void read_foreign(const Entry& entry, Scope scope, const std::string& prefix, PathDefaults& values) {
        const std::string name = child_key(prefix, entry.key);
        ForeignKey foreign = foreign_key(entry.key, scope);
        if (!foreign.name.empty() && keys_.find(std::string(foreign.name)) == nullptr)
            foreign = foreign_key(foreign.name, scope);
        switch (foreign.fate) {
            case ForeignKey::Fate::unknown:
                report_.add(entry.line, name,
                            report_.full() ? "" : unknown_key(keys_.nearest(entry.key, scope)));
                return;
            case ForeignKey::Fate::refused:
                if (!is_harmless(entry.value)) report_.add(entry.line, name, std::string(foreign.reason));
                return;
            case ForeignKey::Fate::no_effect:
                without_effect_.insert(entry.key);
                return;
            case ForeignKey::Fate::renamed:
            case ForeignKey::Fate::inverted:
            case ForeignKey::Fate::servers:
                older_names_.insert(fmt::format("{} ({})", entry.key, foreign.name));
                read_entry({std::string(foreign.name), entry.line, translated(foreign, entry.value)}, scope,
                           prefix, values);
        }
    }

    void warn_of(const std::set<std::string>& keys, std::string_view what) const {
        if (!keys.empty()) warn_.add_for_file(fmt::format("{}: {}", what, fmt::join(keys, ", ")));
    }

    void set(const Key& key, Options::Value value, PathDefaults& values) {
        switch (key.owner) {
            case Owner::core:
                (key.in_path ? values.core : config_.core).set(key.option->name, std::move(value));
                break;
            case Owner::hooks:
                writable(values.hooks).set(key.option->name, std::move(value));
                break;
            case Owner::service:
                config_.services[key.index].options.set(key.option->name, std::move(value));
                break;
            case Owner::source:
                assign(values.sources[key.index], key.option, std::move(value));
                break;
            case Owner::sink:
                assign(values.sinks[key.index], key.option, std::move(value));
                break;
            case Owner::controller:
                assign(config_.controllers[key.index], key.option, std::move(value));
                break;
        }
    }

    void read_path(const Entry& entry) {
        const std::string prefix = child_key("paths", entry.key);
        const bool is_pattern = is_path_pattern(entry.key);
        std::optional<std::string> wrong;
        if (!is_pattern) wrong = check_path_name(entry.key);
        if (wrong) return report_.add(entry.line, prefix, std::move(*wrong));
        if (!is_mapping(entry.value, prefix)) return;
        PathDefaults values = config_.path_defaults;
        read_mapping(entry.value, prefix, values);

        if (is_pattern && awaits_publisher(entry.key, values)) {
            for_publishers_.insert(entry.key);
            return;
        }

        PathConfig path;
        path.name = entry.key;
        find_source(entry, prefix, values, path);
        find_stand_in(entry, prefix, values.core, path);
        for (const auto& sink : values.sinks) {
            if (sink.enabled) require_options(*sink.factory, *sink.options, entry.line, prefix);
        }
        path.core = std::move(values.core);
        path.hooks = std::move(values.hooks);
        path.sinks = std::move(values.sinks);
        if (is_pattern) return add_pattern(entry, prefix, std::move(path));
        if (const Entry* const own = find(entry.value, "substream"))
            substreams_.push_back({own->line, child_key(prefix, "substream"), path.name});
        config_.path_order.push_back(path.name);
        config_.paths.emplace(entry.key, std::move(path));
    }

    /// MediaMTX's own file has all_others without a word.
    bool awaits_publisher(std::string_view key, const PathDefaults& values) const {
        constexpr const char* publisher = "publisher";
        const std::string& source = values.core.text("source");
        return (source == publisher || (source.empty() && is_catch_all(key))) &&
               registry_.source_for_scheme(publisher) == nullptr;
    }

    void add_pattern(const Entry& entry, const std::string& prefix, PathConfig path) {
        const auto same = std::ranges::find_if(config_.patterns, [&](const PatternPath& other) {
            return is_catch_all(entry.key) && is_catch_all(other.path.name);
        });
        if (same != config_.patterns.end())
            report_.add(entry.line, prefix, fmt::format("means the same as {}", in_quotes(same->path.name)));
        const std::string_view text =
            is_catch_all(entry.key) ? "^.*$" : std::string_view(entry.key).substr(1);
        auto expression = PathExpression::parse(text);
        if (!expression) return report_.add(entry.line, prefix, expression.error().message);
        if (!path.core.boolean("sourceOnDemand")) {
            report_.add(entry.line, child_key(prefix, "sourceOnDemand"),
                        "must be yes for paths by a regular expression: what to pull is known when one is "
                        "asked for");
        }
        const std::size_t group = highest_group(path.core.text("source"));
        if (group > expression->groups()) {
            report_.add(
                config_.path_lines.find(path.name)->second, child_key(prefix, "source"),
                fmt::format("names $G{}, and the expression has {} groups", group, expression->groups()));
        }
        config_.patterns.push_back({std::move(path), std::move(*expression)});
    }

    void find_source(const Entry& entry, const std::string& prefix, const PathDefaults& values,
                     PathConfig& path) {
        const Entry* const own = find(entry.value, "source");
        const int line = own == nullptr ? entry.line : own->line;
        config_.path_lines.emplace(path.name, line);
        const std::string& source = values.core.text("source");
        if (source.empty()) {
            // A source of a wrong type has been reported already.
            if (own != nullptr && own->value.kind != Node::Kind::scalar) return;
            report_.add(line, child_key(prefix, "source"), "is required");
            return;
        }
        const SourceFactory* const factory = registry_.source_for_scheme(scheme_of(source));
        if (factory == nullptr) {
            report_.add(line, child_key(prefix, "source"), no_source_module(source, registry_));
            return;
        }
        const auto configured =
            std::ranges::find(values.sources, factory, &Configured<SourceFactory>::factory);
        path.source = *configured;
        require_options(*factory, *configured->options, entry.line, prefix);
    }

    void find_stand_in(const Entry& entry, const std::string& prefix, const Options& values,
                       PathConfig& path) {
        const auto line_of = [&entry](std::string_view key) {
            const Entry* const own = find(entry.value, key);
            return own == nullptr ? entry.line : own->line;
        };
        const Entry* const tracks = find(entry.value, "alwaysAvailableTracks");
        // Tracks of which none is right have been reported already.
        if (tracks != nullptr && !tracks->value.items.empty() && values.records(tracks->key).empty()) return;
        if (auto wrong = check_stand_in(values, is_path_pattern(entry.key))) {
            report_.add(line_of(wrong->key), child_key(prefix, std::string(wrong->key)),
                        std::move(wrong->text));
            return;
        }
        const std::string url = stand_in_url(values);
        if (url.empty()) return;
        path.stand_in = registry_.source_for_scheme(scheme_of(url));
        if (path.stand_in == nullptr)
            report_.add(line_of("alwaysAvailable"), child_key(prefix, "alwaysAvailable"),
                        fmt::format("needs the module '{}', which is not installed", scheme_of(url)));
    }

    template <class Factory>
    void require_options(const Factory& factory, const Options& options, int line,
                         const std::string& prefix) {
        for (const Option& option : factory.options) {
            if (!option.required || !is_missing(option, options)) continue;
            report_.add(line, child_key(prefix, option_key(factory.id, option.name)), "is required");
        }
    }

    void require_controller_options(const Node& root) {
        for (const auto& controller : config_.controllers) {
            if (!controller.enabled) continue;
            const Entry* const named = find(root, controller.factory->id);
            require_options(*controller.factory, *controller.options, named == nullptr ? 1 : named->line, "");
        }
    }

    void require_log_file(const Node& root) {
        const auto& destinations = config_.core.list("logDestinations");
        if (std::ranges::find(destinations, "file") == destinations.end()) return;
        const Entry* const named = find(root, "logFile");
        if (named != nullptr && config_.core.text("logFile").empty())
            report_.add(named->line, "logFile", "is required by logDestinations: file");
    }

    void check_substreams() {
        for (const auto& [line, key, path] : substreams_) {
            const std::string& other = config_.paths.find(path)->second.core.text("substream");
            if (other == path) report_.add(line, key, "a path is not its own smaller stream");
            if (!other.empty() && !config_.paths.contains(other))
                report_.add(line, key, fmt::format("there is no path {}", in_quotes(other)));
        }
    }

    struct Substream {
        int line;
        std::string key;
        std::string path;
    };

    const Registry& registry_;
    const Keys& keys_;
    const Reporter report_;
    const Reporter warn_;
    Config config_;
    std::vector<Substream> substreams_;
    std::set<std::string> older_names_;
    std::set<std::string> without_effect_;
    std::set<std::string> for_publishers_;
};

}  // namespace

namespace {

/// Options are shared until one of them is changed.
template <class Factory>
void fill(Configured<Factory>& module, std::span<const std::string> groups) {
    for (const Option& option : module.factory->options) {
        if (option.type != Type::text || !module.options->contains(option.name)) continue;
        const std::string& text = module.options->text(option.name);
        if (highest_group(text) > 0) writable(module.options).set(option.name, with_groups(text, groups));
    }
}

PathConfig filled(const PathConfig& pattern, const std::string& name, std::span<const std::string> groups) {
    PathConfig path = pattern;
    path.name = name;
    path.pattern = pattern.name;
    path.groups.assign(groups.begin() + 1, groups.end());
    for (const Option& option : path_options()) {
        if (option.type != Type::text) continue;
        path.core.set(option.name, with_groups(path.core.text(option.name), groups));
    }
    if (path.source.factory != nullptr) fill(path.source, groups);
    for (auto& sink : path.sinks)
        fill(sink, groups);
    return path;
}

}  // namespace

std::optional<PathConfig> Config::resolve(const std::string& name) const {
    if (const auto found = paths.find(name); found != paths.end()) return found->second;
    if (patterns.empty() || check_path_name(name)) return {};
    for (const PatternPath& pattern : patterns) {
        if (const auto groups = pattern.expression.match(name)) return filled(pattern.path, name, *groups);
    }
    return {};
}

std::vector<std::string> Config::path_keys() const {
    std::vector<std::string> keys = path_order;
    for (const PatternPath& pattern : patterns)
        keys.push_back(pattern.path.name);
    return keys;
}

const PathConfig* Config::find(std::string_view key) const {
    if (const auto found = paths.find(key); found != paths.end()) return &found->second;
    const auto found = std::ranges::find_if(
        patterns, [key](const PatternPath& pattern) { return pattern.path.name == key; });
    return found == patterns.end() ? nullptr : &found->path;
}

Config Config::defaults(const Registry& registry) {
    Config config;
    config.core = Options::defaults(global_options());
    config.services = services_of(registry);
    config.controllers = with_fallbacks(registry.controllers());
    config.path_defaults.core = Options::defaults(path_options());
    for (const Option& option : shared_options()) {
        const auto value = parse_option(option, option.fallback);
        config.path_defaults.core.set(option.name, *value);
    }
    config.path_defaults.hooks = std::make_shared<Options>(Options::defaults(hooks::path_hook_options()));
    config.path_defaults.sources = with_fallbacks(registry.sources());
    config.path_defaults.sinks = with_fallbacks(registry.sinks());
    config.archive = registry.archive();
    return config;
}

bool Config::is_on(const Service& service) const {
    const auto is_switch = [&service](const auto& module) {
        return module.enabled && module.factory->id == service.id;
    };
    const auto has_switch = [&is_switch](const auto& sinks) { return std::ranges::any_of(sinks, is_switch); };
    return service.id == all_services || has_switch(controllers) || has_switch(path_defaults.sinks) ||
           std::ranges::any_of(paths, [&](const auto& path) { return has_switch(path.second.sinks); }) ||
           std::ranges::any_of(patterns, [&](const auto& pattern) { return has_switch(pattern.path.sinks); });
}

Loaded load(Node root, const std::string& file, const Registry& registry, const Environment& environment,
            Problems problems) {
    Problems warnings;
    const Keys keys(registry);
    apply_environment(root, environment, keys, problems);
    Config config = Loader(file, registry, keys, problems, warnings).load(root);
    Loaded loaded{std::move(config), problems.take(), warnings.take()};
    name_variables(loaded.problems, environment);
    return loaded;
}

Loaded load(std::string_view yaml, const std::string& file, const Registry& registry,
            const Environment& environment) {
    Problems problems;
    auto root = parse_yaml(yaml, file, problems);
    if (!root) return {Config::defaults(registry), problems.take()};
    return load(*std::move(root), file, registry, environment, std::move(problems));
}

Loaded load_file(const std::string& file, const Registry& registry, const Environment& environment) {
    Problems problems;
    const auto text = read_text_file(file, problems);
    if (!text) return {Config::defaults(registry), problems.take()};
    return load(*text, file, registry, environment);
}

bool keeps_api_changes(const Node& file, const Environment& environment, const Registry& registry) {
    constexpr std::string_view name = "apiPersist";
    const Option& option = *std::ranges::find(global_options(), name, &Option::name);
    Node only;
    only.kind = Node::Kind::mapping;
    if (const Entry* const entry = find(file, name)) only.entries.push_back(*entry);
    Problems told_elsewhere;
    apply_environment(only, environment, Keys(registry), told_elsewhere);
    const Entry* const entry = find(only, name);
    if (entry == nullptr) return false;
    const auto value = parse_value(option, entry->value, "", Reporter("", told_elsewhere));
    return value && std::get<bool>(*value);
}

Logging logging_of(const Config& config) {
    const std::string& level = config.core.text("logLevel");
    const auto& destinations = config.core.list("logDestinations");
    const auto goes_to = [&](std::string_view name) {
        return std::ranges::find(destinations, name) != destinations.end();
    };
    Logging logging;
    if (level == "error") logging.level = LogLevel::error;
    if (level == "warn") logging.level = LogLevel::warning;
    if (level == "debug") logging.level = LogLevel::debug;
    logging.structured = config.core.boolean("logStructured");
    logging.destinations.standard_output = goes_to("stdout");
    if (goes_to("file")) logging.destinations.file = config.core.text("logFile");
    if (goes_to("syslog")) logging.destinations.system_prefix = config.core.text("sysLogPrefix");
    return logging;
}

}  // namespace rill::config
