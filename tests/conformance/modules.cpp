#include "modules.hpp"

#include "catch.hpp"
#include "places.hpp"

#include <cstdlib>
#include <filesystem>

namespace rill::test {

namespace {

const Registry* loaded_registry() {
    static const auto* const registry = [] {
        auto* const made = new Registry;  // as in the daemon, modules stay
        const auto directories = module_directories("");
        REQUIRE_FALSE(directories.front().empty());
        for (const std::string& problem : made->load(directories))
            FAIL(problem);
        return made;
    }();
    return registry;
}

template <class Factory, class Table>
std::vector<Offered<Factory>> offered(Table table) {
    std::vector<Offered<Factory>> out;
    for (const auto& loaded : installed().modules()) {
        for (const Factory& factory : loaded.module->*table)
            out.push_back({&loaded, &factory});
    }
    return out;
}

Options with(const Options& options, const Option& option, const std::string& text) {
    auto value = parse_option(option, text);
    REQUIRE(value);
    Options out = options;
    out.set(option.name, std::move(*value));
    return out;
}

std::string text_of(const Option& option, std::int64_t value) {
    return std::to_string(value) + (option.type == Type::duration ? "ms" : "");
}

/// What is tested beside it may have the port that is the default: any that is free instead.
Options on_free_ports(Options options, std::span<const Option> table) {
    for (const Option& option : table) {
        const bool is_port = option.type == Type::text && option.fallback.starts_with(':');
        if (is_port && options.text(option.name) == option.fallback)
            options.set(option.name, std::string(":0"));
    }
    return options;
}

}  // namespace

const Registry& installed() {
    return *loaded_registry();
}

std::string folder_of(const Registry::Loaded& module) {
    return std::filesystem::path(module.file).parent_path().filename();
}

config::Config example_of(const Registry::Loaded& module) {
    const char* const root = std::getenv("RILL_SOURCE_DIR");
    REQUIRE(root != nullptr);
    const std::string file = fmt::format("{}/plugins/{}/example.yml", root, folder_of(module));
    auto loaded = config::load_file(file, installed());
    for (const auto& problem : loaded.problems)
        FAIL_CHECK(problem.text());
    REQUIRE(loaded);
    return std::move(loaded.config);
}

SourceContext example_source(const Registry::Loaded& module, const SourceFactory& factory) {
    const config::Config config = example_of(module);
    for (const std::string& name : config.path_order) {
        const auto& path = config.paths.find(name)->second;
        if (path.source.factory != &factory) continue;
        return {.path = name,
                .url = reachable(path.core.text("source")),
                .fingerprint = path.core.text("sourceFingerprint"),
                .read_timeout = config.core.duration("readTimeout"),
                .options = *path.source.options};
    }
    FAIL("the example of " << factory.id << " has no path with this source");
    std::abort();
}

Options example_options(const Registry::Loaded& module, const SinkFactory& factory) {
    const config::Config config = example_of(module);
    for (const std::string& name : config.path_order) {
        for (const auto& sink : config.paths.find(name)->second.sinks) {
            if (sink.factory == &factory && sink.enabled)
                return on_free_ports(*sink.options, factory.options);
        }
    }
    FAIL("the example of " << factory.id << " has no path with this sink");
    std::abort();
}

Options example_options(const Registry::Loaded& module, const ControllerFactory& factory) {
    const config::Config config = example_of(module);
    for (const auto& controller : config.controllers) {
        if (controller.factory == &factory && controller.enabled) return *controller.options;
    }
    FAIL("the example of " << factory.id << " switches this controller off");
    std::abort();
}

std::vector<Offered<SourceFactory>> offered_sources() {
    return offered<SourceFactory>(&Module::sources);
}
std::vector<Offered<SinkFactory>> offered_sinks() {
    return offered<SinkFactory>(&Module::sinks);
}
std::vector<Offered<ControllerFactory>> offered_controllers() {
    return offered<ControllerFactory>(&Module::controllers);
}

std::vector<Options> edges_of(std::span<const Option> table) {
    const Options defaults = on_free_ports(Options::defaults(table), table);
    std::vector<Options> out{defaults};
    for (const Option& option : table) {
        for (const std::string_view choice : option.choices)
            out.push_back(with(defaults, option, std::string(choice)));
        if (option.type == Type::boolean) {
            out.push_back(with(defaults, option, "yes"));
            out.push_back(with(defaults, option, "no"));
        }
        if (option.minimum != INT64_MIN)
            out.push_back(with(defaults, option, text_of(option, option.minimum)));
        if (option.maximum != INT64_MAX)
            out.push_back(with(defaults, option, text_of(option, option.maximum)));
    }
    return out;
}

int rounds(int usual) {
    const char* const sanitizer = std::getenv("RILL_SANITIZE");
    return sanitizer != nullptr && *sanitizer != '\0' ? std::max(usual / 5, 8) : usual;
}

}  // namespace rill::test
