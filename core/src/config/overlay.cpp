#include "overlay.hpp"

#include "scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <vector>

namespace rill::config {
namespace {

Node to_node(const Json& json) {
    Node node;
    node.line = api_line;
    if (json.is_object()) {
        node.kind = Node::Kind::mapping;
        for (const auto& [key, value] : json.members())
            node.entries.push_back({key, api_line, to_node(value)});
    } else if (json.is_array()) {
        node.kind = Node::Kind::sequence;
        for (const Json& item : json.items())
            node.items.push_back(to_node(item));
    } else if (const auto text = json.text()) {
        node.quoted = true;
        node.text = *text;
    } else {
        node.text = json.dump();
    }
    return node;
}

void merge(Node& mapping, const Node& over) {
    if (over.entries.empty()) return;
    if (mapping.is_null()) mapping.kind = Node::Kind::mapping;
    for (const Entry& entry : over.entries)
        find_or_add(mapping, entry.key) = entry;
}

void mark(Node& node) {
    node.line = api_line;
    for (Node& item : node.items)
        mark(item);
    for (Entry& entry : node.entries) {
        entry.line = api_line;
        mark(entry.value);
    }
}

/// A block of YAML behind "key:" or "-".
void write(std::string& out, const Node& node, std::size_t indent) {
    const std::string margin(indent, ' ');
    if (node.kind == Node::Kind::scalar) {
        const std::string text = node.quoted ? as_scalar(node.text) : node.text;
        out += text.empty() ? "\n" : fmt::format(" {}\n", text);
    } else if (node.items.empty() && node.entries.empty()) {
        out += node.kind == Node::Kind::sequence ? " []\n" : " {}\n";
    } else {
        out += '\n';
    }
    for (const Node& item : node.items) {
        out += margin + "-";
        write(out, item, indent + 2);
    }
    for (const Entry& entry : node.entries) {
        out += margin + as_scalar(entry.key) + ":";
        write(out, entry.value, indent + 2);
    }
}

using Index = std::unordered_map<std::string_view, Entry*>;

Index index_of(Node& mapping) {
    Index index;
    for (Entry& entry : mapping.entries)
        index.emplace(entry.key, &entry);
    return index;
}

}  // namespace

bool has_own_part(std::string_view key) {
    return key == "pathDefaults" || key == "paths";
}

Node Overlay::mapping() {
    Node node;
    node.kind = Node::Kind::mapping;
    node.line = api_line;
    return node;
}

void Overlay::patch_global(const Json& values) {
    merge(global_, to_node(values));
}

void Overlay::patch_path_defaults(const Json& values) {
    merge(path_defaults_, to_node(values));
}

void Overlay::patch_path(std::string_view name, const Json& values) {
    Node& paths = owns(name) ? own_paths_ : changed_paths_;
    Entry& entry = find_or_add(paths, name);
    entry.line = api_line;
    if (entry.value.is_null()) entry.value = mapping();
    merge(entry.value, to_node(values));
}

void Overlay::put_path(std::string_view name, const Json& values) {
    remove(changed_paths_, name);
    remove(removed_paths_, name);
    find_or_add(own_paths_, name) = {std::string(name), api_line, to_node(values)};
}

void Overlay::remove_path(const std::string& name) {
    remove(changed_paths_, name);
    remove(own_paths_, name);
    find_or_add(removed_paths_, name);
}

bool Overlay::owns(std::string_view path) const {
    return find(own_paths_, path) != nullptr;
}

void Overlay::apply(Node& root) const {
    const bool changes_paths =
        !changed_paths_.entries.empty() || !own_paths_.entries.empty() || !removed_paths_.entries.empty();
    if (root.is_null()) root.kind = Node::Kind::mapping;
    if (root.kind != Node::Kind::mapping) return;
    merge(root, global_);
    if (!path_defaults_.entries.empty()) merge(find_or_add(root, "pathDefaults").value, path_defaults_);
    if (!changes_paths) return;
    Node& paths = find_or_add(root, "paths").value;
    if (paths.is_null()) paths.kind = Node::Kind::mapping;
    std::erase_if(paths.entries, [this](const Entry& entry) { return find(removed_paths_, entry.key); });
    const Index index = index_of(paths);
    for (const Entry& changed : changed_paths_.entries) {
        // One that the file has no more is not made of a few changed keys.
        if (const auto there = index.find(changed.key); there != index.end())
            merge(there->second->value, changed.value);
    }
    std::vector<Entry> more;
    for (const Entry& own : own_paths_.entries) {
        const auto there = index.find(own.key);
        if (there != index.end()) {
            *there->second = own;
        } else {
            more.push_back(own);
        }
    }
    std::ranges::move(more, std::back_inserter(paths.entries));
}

struct Overlay::Part {
    enum class Holds { keys = 1, keys_of_paths, paths };

    std::string_view key;
    Node Overlay::*node;
    Holds holds;
};

std::span<const Overlay::Part> Overlay::parts() {
    using Holds = Part::Holds;
    static constexpr auto all = std::to_array<Part>({
        {"global", &Overlay::global_, Holds::keys},
        {"pathDefaults", &Overlay::path_defaults_, Holds::keys},
        {"changedPaths", &Overlay::changed_paths_, Holds::keys_of_paths},
        {"ownPaths", &Overlay::own_paths_, Holds::keys_of_paths},
        {"removedPaths", &Overlay::removed_paths_, Holds::paths},
    });
    return all;
}

std::string Overlay::to_yaml() const {
    constexpr std::string_view title =
        "# Written by Rill: what was changed through its API, over the file beside it.\n"
        "# Removing this file takes the changes back.\n";
    std::string text;
    for (const Part& part : parts()) {
        if ((this->*part.node).entries.empty()) continue;
        text += text.empty() ? title : "";
        text += fmt::format("{}:", part.key);
        write(text, this->*part.node, 2);
    }
    return text;
}

std::optional<Overlay> Overlay::parse(std::string_view yaml, const std::string& file, Problems& problems) {
    const auto root = parse_yaml(yaml, file, problems);
    if (!root) return {};
    bool good = problems.empty();
    const auto refuse = [&](int line, const std::string& key, std::string_view why) {
        problems.add({.file = file, .line = line, .key = key, .message = std::string(why)});
        good = false;
    };
    const auto is_mapping = [&](const Node& node, const std::string& key) {
        if (node.kind == Node::Kind::mapping) return true;
        refuse(node.line, key, fmt::format("expected a mapping, got {}", node.kind_name()));
        return false;
    };
    if (root->is_null()) return Overlay();
    if (!is_mapping(*root, "")) return {};
    Overlay overlay;
    for (const Entry& entry : root->entries) {
        const auto part = std::ranges::find(parts(), entry.key, &Part::key);
        if (part == parts().end()) {
            refuse(entry.line, entry.key, "unknown key");
            continue;
        }
        if (!is_mapping(entry.value, entry.key)) continue;
        for (const Entry& key : entry.value.entries) {
            if (part->holds == Part::Holds::keys && has_own_part(key.key))
                refuse(key.line, child_key(entry.key, key.key), "has a part of its own");
        }
        if (part->holds == Part::Holds::keys_of_paths) {
            for (const Entry& path : entry.value.entries)
                is_mapping(path.value, child_key(entry.key, path.key));
        }
        overlay.*part->node = entry.value;
        mark(overlay.*part->node);
    }
    if (!good) return {};
    return overlay;
}

}  // namespace rill::config
