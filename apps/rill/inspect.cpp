#include "commands.hpp"
#include "registry/registry.hpp"
#include "util/directories.hpp"

#include <fmt/format.h>
#include <gst/gst.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace rill {

namespace {

std::string_view type_name(Type type) {
    switch (type) {
        case Type::boolean:
            return "yes/no";
        case Type::integer:
            return "integer";
        case Type::duration:
            return "duration";
        case Type::size:
            return "size";
        case Type::text:
            return "text";
        case Type::choice:
            return "choice";
        case Type::list:
            return "list";
        case Type::records:
            return "records";
    }
    return "";
}

std::string allowed(const Option& option) {
    std::string out(type_name(option.type));
    if (option.type != Type::choice) return out;
    out.clear();
    for (const auto choice : option.choices)
        out += fmt::format("{}{}", out.empty() ? "" : "|", choice);
    return out;
}

void print_options(std::string_view id, std::span<const Option> options) {
    for (const Option& option : options) {
        fmt::print("    {:<28} {}  [{}]\n      {}\n", option_key(id, option.name), allowed(option),
                   option.fallback.empty() ? "empty" : option.fallback, option.doc);
    }
}

template <class Factory>
void print_factories(std::string_view kind, std::span<const Factory> factories, bool details) {
    for (const Factory& factory : factories) {
        fmt::print("  {:<11} {:<12} {}\n", kind, factory.id, factory.summary);
        if (details) print_options(factory.id, factory.options);
    }
}

void print_module(const Registry::Loaded& loaded, bool details) {
    const Module& module = *loaded.module;
    fmt::print("{} {}{}\n", module.name, module.version, details ? fmt::format("  ({})", loaded.file) : "");
    print_factories("source", module.sources, details);
    print_factories("sink", module.sinks, details);
    print_factories("controller", module.controllers, details);
}

}  // namespace

int inspect(std::span<char*> arguments) {
    gst_init(nullptr, nullptr);
    Registry registry;
    for (const std::string& problem : registry.load(module_directories(default_module_directory()))) {
        fmt::print(stderr, "{}\n", problem);
    }
    if (arguments.empty()) {
        for (const auto& loaded : registry.modules())
            print_module(loaded, false);
        return 0;
    }
    for (const auto& loaded : registry.modules()) {
        if (loaded.module->name != arguments[0]) continue;
        print_module(loaded, true);
        return 0;
    }
    fmt::print(stderr, "rill: there is no module '{}' (rill inspect lists them)\n", arguments[0]);
    return 2;
}

}  // namespace rill
