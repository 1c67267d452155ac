#include "environment.hpp"

#include "suggest.hpp"

#include <algorithm>
#include <unistd.h>

namespace rill::config {
namespace {

constexpr std::string_view prefix = "RILL_";

Entry* find(Node& mapping, std::string_view key) {
    const auto found = std::ranges::find(mapping.entries, key, &Entry::key);
    return found == mapping.entries.end() ? nullptr : &*found;
}

Entry& find_or_add(Node& mapping, const std::string& key) {
    if (Entry* const found = find(mapping, key)) return *found;
    mapping.entries.push_back({.key = key, .line = 0, .value = {}});
    return mapping.entries.back();
}

/// The mapping of a key. Null when there is something else, which is reported where the tree is read.
Node* mapping_of(Node& parent, const std::string& key) {
    Node& value = find_or_add(parent, key).value;
    if (value.is_null()) value.kind = Node::Kind::mapping;
    return value.kind == Node::Kind::mapping ? &value : nullptr;
}

void set_text(Node& mapping, const std::string& key, const std::string& text) {
    Entry& entry = find_or_add(mapping, key);
    entry.line = 0;
    entry.value = {};
    entry.value.quoted = true;
    entry.value.text = text;
}

class Overrides {
  public:
    Overrides(Node& root, const Keys& keys, Problems& problems)
        : root_(root), keys_(keys), problems_(problems) {}

    void apply(const std::string& variable, const std::string& value) {
        constexpr std::string_view defaults_part = "PATHDEFAULTS_";
        constexpr std::string_view paths_part = "PATHS_";
        std::string_view name = variable;
        name.remove_prefix(prefix.size());
        if (name.starts_with(defaults_part)) {
            name.remove_prefix(defaults_part.size());
            if (Node* const defaults = mapping_of(root_, "pathDefaults"))
                set(*defaults, name, variable, value);
            return;
        }
        if (!name.starts_with(paths_part)) {
            const std::string key = keys_.find_ignoring_case(name, Scope::global);
            if (!key.empty()) set_text(root_, key, value);
            return;
        }
        name.remove_prefix(paths_part.size());
        // No key contains '_', but names of paths may.
        const std::size_t separator = name.rfind('_');
        if (separator == std::string_view::npos || separator == 0) {
            problems_.add({.key = variable, .message = "expected RILL_PATHS_NAME_KEY"});
            return;
        }
        if (Node* const path = path_of(name.substr(0, separator))) {
            set(*path, name.substr(separator + 1), variable, value);
        }
    }

  private:
    void set(Node& mapping, std::string_view name, const std::string& variable, const std::string& value) {
        const std::string key = keys_.find_ignoring_case(name, Scope::path);
        if (key.empty()) {
            const std::string suggestion = keys_.nearest(name, Scope::path);
            const std::string wanted =
                suggestion.empty() ? "" : environment_name(suggestion).substr(prefix.size());
            problems_.add({.key = variable, .message = unknown_key(wanted)});
            return;
        }
        set_text(mapping, key, value);
    }

    Node* path_of(std::string_view name) {
        Node* const paths = mapping_of(root_, "paths");
        if (paths == nullptr) return nullptr;
        if (names_.empty()) {
            for (const Entry& entry : paths->entries)
                names_.emplace(environment_name(entry.key), entry.key);
        }
        const std::string variable = environment_name(name);
        return mapping_of(*paths, names_.try_emplace(variable, to_lower(name)).first->second);
    }

    Node& root_;
    const Keys& keys_;
    Problems& problems_;
    std::map<std::string, std::string> names_;  ///< of paths, as variables → as they are
};

}  // namespace

Environment process_environment() {
    Environment result;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const std::size_t equals = text.find('=');
        if (!text.starts_with(prefix) || equals == std::string_view::npos) continue;
        result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

void apply_environment(Node& root, const Environment& environment, const Keys& keys, Problems& problems) {
    if (root.is_null()) root.kind = Node::Kind::mapping;
    if (root.kind != Node::Kind::mapping) return;
    Overrides overrides(root, keys, problems);
    for (const auto& [variable, value] : environment) {
        if (variable.starts_with(prefix)) overrides.apply(variable, value);
    }
}

}  // namespace rill::config
