#include "keys.hpp"

#include "hooks/path_hooks.hpp"
#include "services.hpp"
#include "suggest.hpp"
#include "tables.hpp"

#include <vector>

namespace rill::config {

Keys::Keys(const Registry& registry) {
    for (const Option& option : global_options()) {
        add(std::string(option.name), {.option = &option, .in_global = true});
    }
    for (const Option& option : path_options()) {
        add(std::string(option.name), {.option = &option, .in_path = true});
    }
    for (const Option& option : hooks::path_hook_options()) {
        add(std::string(option.name), {.owner = Owner::hooks, .option = &option, .in_path = true});
    }
    for (const Option& option : shared_options()) {
        add(std::string(option.name), {.option = &option, .in_global = true, .in_path = true});
    }
    const auto add_options = [this](std::string_view id, std::span<const Option> options, Key key) {
        for (const Option& option : options) {
            key.option = &option;
            add(option_key(id, option.name), key);
        }
    };
    const auto services = services_of(registry);
    for (std::size_t i = 0; i < services.size(); ++i) {
        add_options(services[i].id, service_options(services[i].id),
                    {.owner = Owner::service, .index = i, .in_global = true});
    }
    for (std::size_t i = 0; i < registry.sources().size(); ++i) {
        const SourceFactory& source = *registry.sources()[i];
        add_options(source.id, source.options,
                    {.owner = Owner::source, .index = i, .in_global = true, .in_path = true});
    }
    for (std::size_t i = 0; i < registry.sinks().size(); ++i) {
        const SinkFactory& sink = *registry.sinks()[i];
        const Key key = {.owner = Owner::sink, .index = i, .in_global = true, .in_path = true};
        add(std::string(sink.id), key);
        add_options(sink.id, sink.options, key);
    }
    for (std::size_t i = 0; i < registry.controllers().size(); ++i) {
        const ControllerFactory& controller = *registry.controllers()[i];
        const Key key = {.owner = Owner::controller, .index = i, .in_global = true};
        add(std::string(controller.id), key);
        add_options(controller.id, controller.options, key);
    }
}

void Keys::add(std::string name, const Key& key) {
    lower_case_.emplace(to_lower(name), name);
    keys_.emplace(std::move(name), key);
}

const Key* Keys::find(const std::string& name) const {
    const auto found = keys_.find(name);
    return found == keys_.end() ? nullptr : &found->second;
}

std::string Keys::find_ignoring_case(std::string_view name, Scope scope) const {
    const auto found = lower_case_.find(to_lower(name));
    if (found == lower_case_.end() || !keys_.at(found->second).allowed_in(scope)) return "";
    return found->second;
}

std::string Keys::nearest(std::string_view name, Scope scope) const {
    std::vector<std::string_view> names;
    for (const auto& [candidate, key] : keys_) {
        if (key.allowed_in(scope)) names.push_back(candidate);
    }
    if (scope == Scope::global) names.insert(names.end(), {"pathDefaults", "paths"});
    return nearest_of(names, name);
}

std::string to_lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace rill::config
