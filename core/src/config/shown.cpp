#include "shown.hpp"

#include "hooks/path_hooks.hpp"
#include "tables.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rill::config {
namespace {

bool is_set(const Json& value) {
    const auto text = value.text();
    return !text || !text->empty();
}

Json shown_text(const std::string& text, Secrets secrets) {
    return secrets == Secrets::masked ? mask_credentials(text) : text;
}

Json shown_list(const std::vector<std::string>& items, Secrets secrets) {
    Json result = Json::array();
    for (const std::string& item : items)
        result.append(shown_text(item, secrets));
    return result;
}

Json shown_records(const Option& option, const Options::Records& records, Secrets secrets) {
    Json result = Json::array();
    for (const Options& record : records) {
        Json fields = Json::object();
        for (const Option& field : option.fields)
            fields.set(field.name, shown(field, record, secrets));
        result.append(std::move(fields));
    }
    return result;
}

Json shown_as_it_is(const Option& option, const Options& values, Secrets secrets) {
    switch (option.type) {
        case Type::boolean:
            return values.boolean(option.name);
        case Type::integer:
            return values.integer(option.name);
        case Type::duration:
            return format_duration(values.duration(option.name));
        case Type::size:
            return format_size(values.integer(option.name));
        case Type::text:
        case Type::choice:
            return shown_text(values.text(option.name), secrets);
        case Type::list:
            return shown_list(values.list(option.name), secrets);
        case Type::records:
            return shown_records(option, values.records(option.name), secrets);
    }
    return nullptr;
}

void add_table(Json& object, std::span<const Option> table, const Options& values, Secrets secrets) {
    for (const Option& option : table) {
        if (values.contains(option.name)) object.set(option.name, shown(option, values, secrets));
    }
}

template <class Factory>
void add_module(Json& object, const Configured<Factory>& module, Secrets secrets) {
    const Factory& factory = *module.factory;
    if constexpr (requires { factory.enabled; }) object.set(factory.id, module.enabled);
    for (const Option& option : factory.options) {
        Json value = shown(option, *module.options, secrets);
        if (!value.is_null()) object.set(option_key(factory.id, option.name), std::move(value));
    }
}

template <class Factory>
void add_modules(Json& object, const std::vector<Configured<Factory>>& modules, Secrets secrets) {
    for (const auto& module : modules)
        add_module(object, module, secrets);
}

/// Whether a part of the value stands for what was not shown.
bool is_masked(const Json& value) {
    if (const auto text = value.text()) return *text == hidden || text->find("://***@") != std::string::npos;
    return std::ranges::any_of(value.items(), is_masked) ||
           std::ranges::any_of(value.members(), [](const auto& member) { return is_masked(member.second); });
}

}  // namespace

Json shown(const Option& option, const Options& values, Secrets secrets) {
    if (!values.contains(option.name)) return nullptr;  // required, and not given
    Json value = shown_as_it_is(option, values, secrets);
    return option.secret && secrets == Secrets::masked && is_set(value) ? Json(hidden) : value;
}

Json shown_global(const Config& config, Secrets secrets) {
    Json object = Json::object();
    add_table(object, global_options(), config.core, secrets);
    for (const Service& service : config.services) {
        for (const Option& option : service_options(service.id))
            object.set(option_key(service.id, option.name), shown(option, service.options, secrets));
    }
    add_table(object, shared_options(), config.path_defaults.core, secrets);
    add_modules(object, config.controllers, secrets);
    add_modules(object, config.path_defaults.sources, secrets);
    add_modules(object, config.path_defaults.sinks, secrets);
    return object;
}

Json shown_path_defaults(const Config& config, Secrets secrets) {
    Json object = Json::object();
    add_table(object, path_options(), config.path_defaults.core, secrets);
    add_table(object, hooks::path_hook_options(), *config.path_defaults.hooks, secrets);
    add_table(object, shared_options(), config.path_defaults.core, secrets);
    add_modules(object, config.path_defaults.sources, secrets);
    add_modules(object, config.path_defaults.sinks, secrets);
    return object;
}

Json shown_path(const PathConfig& path, Secrets secrets) {
    Json object = Json::object();
    add_table(object, path_options(), path.core, secrets);
    add_table(object, hooks::path_hook_options(), *path.hooks, secrets);
    add_table(object, shared_options(), path.core, secrets);
    if (path.source.factory != nullptr) add_module(object, path.source, secrets);
    add_modules(object, path.sinks, secrets);
    return object;
}

Result<Json> with_secrets(const Json& sent, const Json& masked, const Json& plain) {
    if (!sent.is_object()) return Error{Code::invalid_config, "expected a JSON object of keys and values"};
    Json result = Json::object();
    for (const auto& [key, value] : sent.members()) {
        if (!is_masked(value)) {
            result.set(key, value);
        } else if (value == masked[key]) {
            result.set(key, plain[key]);
        } else {
            return Error{
                Code::invalid_config,
                fmt::format("{}: {} stands for a secret that is not shown; give the secret itself, or "
                            "leave the key out",
                            in_quotes(key), hidden)};
        }
    }
    return result;
}

}  // namespace rill::config
