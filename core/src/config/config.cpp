#include "config.hpp"

#include "mediamtx.hpp"
#include "suggest.hpp"
#include "tables.hpp"
#include "util/escape.hpp"
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
    return const_cast<Options&>(*options);  // made by make_shared<Options> here or in with_fallbacks()
}

template <class Factory>
void assign(Configured<Factory>& target, const Option* option, Options::Value value) {
    if (option == nullptr) {
        target.enabled = std::get<bool>(value);
    } else {
        writable(target.options).set(option->name, std::move(value));
    }
}

const Entry* find(const Node& mapping, std::string_view key) {
    const auto found = std::ranges::find(mapping.entries, key, &Entry::key);
    return found == mapping.entries.end() ? nullptr : &*found;
}

/// What a source's module is found by: "rtsp" of "RTSP://…", or a word such as "publisher".
std::string scheme_of(std::string_view source) {
    return to_lower(source.substr(0, source.find("://")));
}

/// RFC 3986 §3.1.
bool is_scheme(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
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
        if (const Entry* paths = find(root, "paths")) {
            if (is_mapping(paths->value, "paths")) {
                for (const Entry& path : paths->value.entries)
                    read_path(path);
            }
        }
        check_substreams();
        warn_of(older_names_, "older names, which still count");
        warn_of(without_effect_, "keys of MediaMTX without effect here");
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
        if (key->owner == Owner::core) {
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
        if (auto wrong = check_path_name(entry.key)) {
            report_.add(entry.line, prefix, std::move(*wrong));
            return;
        }
        if (!is_mapping(entry.value, prefix)) return;
        PathDefaults values = config_.path_defaults;
        read_mapping(entry.value, prefix, values);

        PathConfig path;
        path.name = entry.key;
        find_source(entry, prefix, values, path);
        for (const auto& sink : values.sinks) {
            if (sink.enabled) require_options(*sink.factory, *sink.options, entry.line, prefix);
        }
        path.core = std::move(values.core);
        if (const Entry* const own = find(entry.value, "substream"))
            substreams_.push_back({own->line, child_key(prefix, "substream"), path.name});
        path.sinks = std::move(values.sinks);
        config_.path_order.push_back(path.name);
        config_.paths.emplace(entry.key, std::move(path));
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
            report_.add(line, child_key(prefix, "source"), no_module_for(source));
            return;
        }
        const auto configured =
            std::ranges::find(values.sources, factory, &Configured<SourceFactory>::factory);
        path.source = *configured;
        require_options(*factory, *configured->options, entry.line, prefix);
    }

    std::string no_module_for(std::string_view source) const {
        for (const std::string_view word : {"publisher", "redirect", "rpiCamera"}) {
            if (source == word) return fmt::format("{} needs a module that is not installed", word);
        }
        const std::string scheme = scheme_of(source);
        if (source.find("://") == std::string_view::npos || !is_scheme(scheme)) {
            // The value is not told: it may be a URL with its password in a wrong place.
            return "expected a URL such as rtsp://192.0.2.1/stream";
        }
        std::vector<std::string_view> schemes;
        for (const SourceFactory* factory : registry_.sources()) {
            schemes.insert(schemes.end(), factory->schemes.begin(), factory->schemes.end());
        }
        return fmt::format("needs a source module for {}://, which is not installed (installed: {})", scheme,
                           fmt::join(schemes, ", "));
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
};

}  // namespace

Config Config::defaults(const Registry& registry) {
    Config config;
    config.core = Options::defaults(global_options());
    config.controllers = with_fallbacks(registry.controllers());
    config.path_defaults.core = Options::defaults(path_options());
    for (const Option& option : shared_options()) {
        const auto value = parse_option(option, option.fallback);
        config.path_defaults.core.set(option.name, *value);
    }
    config.path_defaults.sources = with_fallbacks(registry.sources());
    config.path_defaults.sinks = with_fallbacks(registry.sinks());
    config.archive = registry.archive();
    return config;
}

Loaded load(std::string_view yaml, const std::string& file, const Registry& registry,
            const Environment& environment) {
    Problems problems;
    Problems warnings;
    auto root = parse_yaml(yaml, file, problems);
    if (!root) return {Config::defaults(registry), problems.take()};
    const Keys keys(registry);
    apply_environment(*root, environment, keys, problems);
    Config config = Loader(file, registry, keys, problems, warnings).load(*root);
    Loaded loaded{std::move(config), problems.take(), warnings.take()};
    name_variables(loaded.problems, environment);
    return loaded;
}

Loaded load_file(const std::string& file, const Registry& registry, const Environment& environment) {
    Problems problems;
    const auto text = read_text_file(file, problems);
    if (!text) return {Config::defaults(registry), problems.take()};
    return load(*text, file, registry, environment);
}

LogSettings log_settings(const Config& config) {
    const std::string& level = config.core.text("logLevel");
    LogSettings settings;
    if (level == "error") settings.level = LogLevel::error;
    if (level == "warn") settings.level = LogLevel::warning;
    if (level == "debug") settings.level = LogLevel::debug;
    settings.structured = config.core.boolean("logStructured");
    settings.file = config.core.text("logFile");
    return settings;
}

}  // namespace rill::config
