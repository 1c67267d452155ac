#include "environment.hpp"

#include "mediamtx.hpp"
#include "suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <unistd.h>

namespace rill::config {
namespace {

constexpr std::string_view own_prefix = "RILL_";
constexpr std::string_view mediamtx_prefix = "MTX_";
/// Of another server (docs/dialects.md).
constexpr std::string_view bind_address = "BIND_ADDRESS";
constexpr std::string_view own_address = "RILL_HTTPADDRESS";
constexpr std::size_t highest_index = 99;

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

std::vector<std::string_view> split(std::string_view name) {
    std::vector<std::string_view> words;
    for (std::size_t start = 0; start <= name.size();) {
        const std::size_t end = std::min(name.find('_', start), name.size());
        words.push_back(name.substr(start, end - start));
        start = end + 1;
    }
    return words;
}

std::optional<std::size_t> index_of(std::string_view word) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    if (error != std::errc() || end != word.data() + word.size() || index > highest_index) return {};
    return index;
}

/// The item of the list of records that `option` is.
Node* item_of(Node& mapping, const Option& option, const std::string& key, std::size_t index) {
    Node& list = find_or_add(mapping, key).value;
    if (list.is_null()) list.kind = Node::Kind::sequence;
    if (list.kind != Node::Kind::sequence || option.type != Type::records) return nullptr;
    if (list.items.size() <= index) list.items.resize(index + 1);
    Node& item = list.items[index];
    if (item.is_null()) item.kind = Node::Kind::mapping;
    return item.kind == Node::Kind::mapping ? &item : nullptr;
}

class Overrides {
  public:
    Overrides(Node& root, const Keys& keys, Problems& problems, std::string_view prefix)
        : root_(root), keys_(keys), problems_(problems), prefix_(prefix) {}

    void apply(const std::string& variable, const std::string& value) {
        constexpr std::string_view defaults_part = "PATHDEFAULTS_";
        constexpr std::string_view paths_part = "PATHS_";
        std::string_view name = variable;
        name.remove_prefix(prefix_.size());
        if (name.starts_with(defaults_part)) {
            name.remove_prefix(defaults_part.size());
            Node* const defaults = mapping_of(root_, "pathDefaults");
            if (defaults != nullptr && !set(*defaults, split(name), Scope::path, value))
                unknown(variable, name);
            return;
        }
        if (!name.starts_with(paths_part)) {
            set(root_, split(name), Scope::global, value);
            return;
        }
        name.remove_prefix(paths_part.size());
        set_in_path(variable, split(name), value);
    }

  private:
    using Words = std::span<const std::string_view>;

    /// No key contains '_', but names of paths may: the longest name with a key behind it is meant.
    void set_in_path(const std::string& variable, const std::vector<std::string_view>& words,
                     const std::string& value) {
        if (words.size() < 2 || words.front().empty()) {
            problems_.add({.key = variable, .message = fmt::format("expected {}PATHS_NAME_KEY", prefix_)});
            return;
        }
        std::size_t first = words.size() - 1;
        for (std::size_t at = words.size(); at-- > 1;) {
            const bool has_field = at + 1 < words.size() && index_of(words[at + 1]);
            if ((at + 1 < words.size() && !has_field) || key_for(words[at], Scope::path).empty()) continue;
            first = at;
            break;
        }
        std::string name(words[0]);
        for (std::size_t at = 1; at < first; ++at)
            name += fmt::format("_{}", words[at]);
        Node* const path = path_of(name);
        if (path != nullptr && !set(*path, Words(words).subspan(first), Scope::path, value))
            unknown(variable, fmt::format("{}", fmt::join(Words(words).subspan(first), "_")));
    }

    /// Our key, or one of MediaMTX in a variable of MediaMTX's. "": neither.
    std::string key_for(std::string_view word, Scope scope) const {
        std::string key = keys_.find_ignoring_case(word, scope);
        if (key.empty() && prefix_ == mediamtx_prefix) key = foreign_key_ignoring_case(word, scope);
        return key;
    }

    /// KEY, or KEY_0_FIELD and deeper. False: there is no such key.
    bool set(Node& mapping, Words words, Scope scope, const std::string& value) {
        const std::string key = key_for(words[0], scope);
        if (key.empty()) return false;
        if (words.size() == 1) {
            set_text(mapping, key, value);
            return true;
        }
        const Key* const known = keys_.find(key);
        return known == nullptr || known->option == nullptr ||
               set_field(mapping, *known->option, key, words.subspan(1), value);
    }

    static bool set_field(Node& mapping, const Option& list, const std::string& key, Words words,
                          const std::string& value) {
        const auto index = index_of(words[0]);
        if (!index || words.size() < 2) return false;
        const auto field = std::ranges::find_if(
            list.fields, [&](const Option& row) { return to_lower(row.name) == to_lower(words[1]); });
        if (field == list.fields.end()) return false;
        Node* const item = item_of(mapping, list, key, *index);
        if (item == nullptr) return true;  // told where the tree is read
        const std::string name(field->name);
        if (words.size() > 2) return set_field(*item, *field, name, words.subspan(2), value);
        set_text(*item, name, value);
        return true;
    }

    void unknown(const std::string& variable, std::string_view name) {
        const std::string suggestion = keys_.nearest(name, Scope::path);
        const std::string wanted =
            suggestion.empty() ? "" : environment_name(suggestion).substr(own_prefix.size());
        problems_.add({.key = variable, .message = unknown_key(wanted)});
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
    const std::string_view prefix_;
    std::map<std::string, std::string> names_;  ///< of paths, as variables → as they are
};

}  // namespace

Environment process_environment() {
    Environment result;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const std::size_t equals = text.find('=');
        const bool is_ours = text.starts_with(own_prefix) || text.starts_with(mediamtx_prefix) ||
                             text.substr(0, equals) == bind_address;
        if (!is_ours || equals == std::string_view::npos) continue;
        result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

void apply_environment(Node& root, const Environment& environment, const Keys& keys, Problems& problems) {
    if (root.is_null()) root.kind = Node::Kind::mapping;
    if (root.kind != Node::Kind::mapping) return;
    const auto bind = environment.find(std::string(bind_address));
    // An empty one is one that is not set: container systems pass on what they do not have.
    if (bind != environment.end() && !bind->second.empty())
        Overrides(root, keys, problems, own_prefix).apply(std::string(own_address), bind->second);
    for (const std::string_view prefix : {mediamtx_prefix, own_prefix}) {
        Overrides overrides(root, keys, problems, prefix);
        for (const auto& [variable, value] : environment) {
            if (variable.starts_with(prefix)) overrides.apply(variable, value);
        }
    }
}

void name_variables(std::vector<Problem>& problems, const Environment& environment) {
    for (Problem& problem : problems) {
        if (!problem.key.starts_with(own_prefix) || environment.contains(problem.key)) continue;
        std::string other = std::string(mediamtx_prefix) + problem.key.substr(own_prefix.size());
        if (environment.contains(other)) {
            problem.key = std::move(other);
        } else if (problem.key == own_address && environment.contains(std::string(bind_address))) {
            problem.key = bind_address;
        }
    }
}

}  // namespace rill::config
