#include "registry.hpp"

#include "config/tables.hpp"
#include "hooks/path_hooks.hpp"
#include "validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <system_error>

namespace rill {
namespace {

namespace fs = std::filesystem;

bool is_module_file(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    std::error_code error;
    return name.starts_with("rill-") && name.ends_with(".so") && entry.is_regular_file(error);
}

/// The entries of a directory by name.
std::vector<fs::directory_entry> entries_of(const fs::path& directory, std::error_code& error) {
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator i(directory, error), end; !error && i != end; i.increment(error)) {
        entries.push_back(*i);
    }
    std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path(); });
    return entries;
}

template <class Factory>
const Factory* find_id(const std::vector<const Factory*>& factories, std::string_view id) {
    const auto found = std::ranges::find(factories, id, [](const Factory* f) { return f->id; });
    return found == factories.end() ? nullptr : *found;
}

template <class Factory>
void insert_by_id(std::vector<const Factory*>& factories, const Factory& factory) {
    const auto position =
        std::ranges::upper_bound(factories, factory.id, {}, [](const Factory* f) { return f->id; });
    factories.insert(position, &factory);
}

std::string_view core_has(std::string_view key) {
    if (key == "paths" || key == "pathDefaults") return "core";
    for (const auto table : {config::global_options(), config::path_options(), hooks::path_hook_options(),
                             config::shared_options()}) {
        if (std::ranges::find(table, key, &Option::name) != table.end()) return "core";
    }
    return "";
}

}  // namespace

std::vector<std::string> Registry::load(const std::vector<fs::path>& directories) {
    std::vector<std::string> problems;
    const auto load_modules_in = [&](const std::vector<fs::directory_entry>& entries) {
        for (const fs::directory_entry& entry : entries) {
            if (!is_module_file(entry)) continue;
            const auto more = load_file(entry.path());
            problems.insert(problems.end(), more.begin(), more.end());
        }
    };
    for (const fs::path& directory : directories) {
        std::error_code error;
        const auto entries = entries_of(directory, error);
        if (error) {
            problems.push_back(fmt::format("module directory {}: {}", directory.string(), error.message()));
            continue;
        }
        load_modules_in(entries);
        for (const fs::directory_entry& entry : entries) {
            if (entry.is_directory(error)) load_modules_in(entries_of(entry.path(), error));
        }
    }
    return problems;
}

std::vector<std::string> Registry::load_file(const fs::path& file) {
    std::error_code error;
    const fs::path canonical = fs::canonical(file, error);
    if (!files_.insert(error ? file : canonical).second) return {};

    const std::string name = file.string();
    void* const library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return {fmt::format("module {}: cannot be loaded: {}", name, ::dlerror())};
    void* const symbol = ::dlsym(library, "rill_module");
    if (symbol == nullptr) return {fmt::format("module {}: does not export rill_module", name)};
    const Module* const module = reinterpret_cast<decltype(&rill_module)>(symbol)();
    if (module == nullptr) return {fmt::format("module {}: rill_module() returned nothing", name)};
    return add(*module, name);
}

std::vector<std::string> Registry::add(const Module& module, const std::string& file) {
    auto problems = check_module(module);
    if (problems.empty()) problems = conflicts(module);
    if (!problems.empty()) {
        for (std::string& problem : problems) {
            problem = fmt::format("module {}: {}", file.empty() ? module.name : file, problem);
        }
        return problems;
    }
    modules_.push_back({&module, file});
    for (std::string& key : configuration_keys(module))
        keys_.emplace(std::move(key), module.name);
    for (const SourceFactory& source : module.sources) {
        insert_by_id(sources_, source);
        for (const std::string_view scheme : source.schemes)
            schemes_.emplace(scheme, &source);
    }
    for (const SinkFactory& sink : module.sinks)
        insert_by_id(sinks_, sink);
    for (const ControllerFactory& controller : module.controllers)
        insert_by_id(controllers_, controller);
    if (module.archive != nullptr) archive_ = module.archive;
    return {};
}

std::vector<std::string> Registry::conflicts(const Module& module) const {
    std::vector<std::string> problems;
    for (const Loaded& other : modules_) {
        if (other.module->name != module.name) continue;
        problems.push_back(fmt::format("the name \"{}\" is taken by {}", module.name,
                                       other.file.empty() ? "a built-in module" : other.file));
    }
    if (module.archive != nullptr && archive_ != nullptr)
        problems.push_back(
            fmt::format("archive \"{}\": \"{}\" keeps recordings already, and a process has at most one; "
                        "remove one of the two modules",
                        module.archive->id, archive_->id));
    std::set<std::string> own_schemes;
    std::set<std::string_view> own_ids;
    for (const SourceFactory& source : module.sources) {
        if (find_id(sources_, source.id) != nullptr || !own_ids.insert(source.id).second) {
            problems.push_back(fmt::format("the source \"{}\" is there twice", source.id));
        }
        for (const std::string_view scheme : source.schemes) {
            if (!schemes_.contains(scheme) && own_schemes.emplace(scheme).second) continue;
            problems.push_back(fmt::format("another source takes {}:// already", scheme));
        }
    }
    std::set<std::string> own_keys;
    for (const std::string& key : configuration_keys(module)) {
        std::string_view owner = core_has(key);
        if (const auto found = keys_.find(key); found != keys_.end()) owner = found->second;
        if (!own_keys.insert(key).second) owner = module.name;
        if (!owner.empty()) problems.push_back(fmt::format("the key {} is taken by {}", key, owner));
    }
    return problems;
}

const SourceFactory* Registry::source_for_scheme(std::string_view scheme) const {
    const auto found = schemes_.find(scheme);
    return found == schemes_.end() ? nullptr : found->second;
}

const SinkFactory* Registry::sink(std::string_view id) const {
    return find_id(sinks_, id);
}

const ControllerFactory* Registry::controller(std::string_view id) const {
    return find_id(controllers_, id);
}

std::vector<fs::path> module_directories(const fs::path& fallback) {
    const char* const variable = std::getenv("RILL_MODULE_DIR");
    if (variable == nullptr || *variable == '\0') return {fallback};
    std::vector<fs::path> directories;
    const std::string_view list(variable);
    for (std::size_t start = 0; start <= list.size();) {
        const std::size_t colon = std::min(list.find(':', start), list.size());
        if (colon > start) directories.emplace_back(list.substr(start, colon - start));
        start = colon + 1;
    }
    return directories;
}

}  // namespace rill
