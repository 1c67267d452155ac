// Every key that a configuration may hold, of core and of the modules that are installed.
#pragma once

#include "registry/registry.hpp"

#include <rill/options.hpp>

#include <string>
#include <string_view>
#include <unordered_map>

namespace rill::config {

/// Whose value a key sets. `index` of Key counts in the list of the kind: services_of(), or the registry's.
enum class Owner { core = 1, hooks, service, source, sink, controller };

/// Where a key is written.
enum class Scope {
    global = 1,  ///< the top level
    path,        ///< a path or pathDefaults
};

struct Key {
    Owner owner = Owner::core;
    std::size_t index = 0;
    const Option* option = nullptr;  ///< null: the switch of a sink or controller
    bool in_global = false;
    bool in_path = false;

    /// Not of a module.
    bool is_of_core() const {
        return owner == Owner::core || owner == Owner::hooks || owner == Owner::service;
    }
    bool allowed_in(Scope scope) const { return scope == Scope::global ? in_global : in_path; }
};

class Keys {
  public:
    /// Keeps views into the registry's modules.
    explicit Keys(const Registry& registry);

    /// Null: no such key.
    const Key* find(const std::string& name) const;
    /// The name of the key that equals `name` but for case, or "".
    std::string find_ignoring_case(std::string_view name, Scope scope) const;
    /// The key of the scope that someone who wrote `name` most likely meant, or "".
    std::string nearest(std::string_view name, Scope scope) const;

  private:
    void add(std::string name, const Key& key);

    std::unordered_map<std::string, Key> keys_;
    std::unordered_map<std::string, std::string> lower_case_;  ///< lower-case name → name
};

/// ASCII only.
std::string to_lower(std::string_view text);

}  // namespace rill::config
