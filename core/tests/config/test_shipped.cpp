// The files in configs/ against the tables they document.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/tables.hpp"
#include "fake_modules.hpp"
#include "hooks/path_hooks.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

using namespace rill;

namespace {

const std::string configs = RILL_CONFIGS;

/// The modules of $RILL_MODULE_DIR; without it, none.
const Registry& installed() {
    static const Registry registry = [] {
        Registry result;
        const auto directories = module_directories("");
        if (directories.front().empty()) return result;
        for (const std::string& problem : result.load(directories))
            FAIL(problem);
        return result;
    }();
    return registry;
}

std::string text_of(const std::string& file) {
    config::Problems problems;
    const auto text = config::read_text_file(file, problems);
    REQUIRE(text);
    return *text;
}

/// Whether the text sets the key, in a comment or not.
bool names(const std::string& text, const std::string& key) {
    return std::regex_search(text, std::regex("(^|\n) *(# *)?" + key + ":"));
}

/// Whether the key belongs to a module that may be left out of a build, and is left out of this one.
bool is_of_missing_module(std::string_view key) {
    for (const std::string_view id : {"api", "dashboard", "hls", "metrics", "rtsp", "signalling", "webrtc"}) {
        if (!key.starts_with(id)) continue;
        if (key.size() > id.size() && key[id.size()] >= 'a' && key[id.size()] <= 'z') continue;
        const auto has_id = [id](const auto* factory) { return factory->id == id; };
        return std::ranges::none_of(installed().sources(), has_id) &&
               std::ranges::none_of(installed().sinks(), has_id) &&
               std::ranges::none_of(installed().controllers(), has_id);
    }
    return false;
}

/// The text without the lines of modules that this build does not have.
std::string for_installed_modules(const std::string& text) {
    std::string result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!is_of_missing_module(line.substr(0, line.find(':')))) result += line;
        result += '\n';
    }
    return result;
}

template <class Factories>
void check_named(const std::string& text, const Factories& factories) {
    for (const auto* factory : factories) {
        if (factory->id == "example") continue;  // a template for authors of modules, not for users
        std::vector<std::string> keys;
        if constexpr (requires { factory->enabled; }) keys.emplace_back(factory->id);
        for (const Option& option : factory->options)
            keys.push_back(option_key(factory->id, option.name));
        for (const std::string& key : keys) {
            INFO(key);
            CHECK(names(text, key));
        }
    }
}

}  // namespace

TEST_CASE("default.yml equals the built-in defaults") {
    const std::string text = for_installed_modules(text_of(configs + "/default.yml"));
    const auto loaded = config::load(text, "default.yml", installed());
    for (const auto& problem : loaded.problems)
        UNSCOPED_INFO(problem.text());
    REQUIRE(loaded);
    CHECK(loaded.config == config::Config::defaults(installed()));
}

TEST_CASE("default.yml names every key") {
    const std::string text = text_of(configs + "/default.yml");
    for (const auto table : {config::global_options(), config::path_options(), hooks::path_hook_options(),
                             config::shared_options()}) {
        for (const Option& option : table) {
            INFO(option.name);
            CHECK(names(text, std::string(option.name)));
        }
    }
    for (const config::Service& service : config::services_of(installed())) {
        for (const Option& option : config::service_options(service.id)) {
            const std::string key = option_key(service.id, option.name);
            INFO(key);
            CHECK(names(text, key));
        }
    }
    check_named(text, installed().sources());
    check_named(text, installed().sinks());
    check_named(text, installed().controllers());
}

TEST_CASE("demo.yml has four cameras and a test picture") {
    const std::string text = text_of(configs + "/demo.yml");
    // In a build without all modules only the sources are unknown; everything else must be right.
    for (const auto& problem : config::load(text, "demo.yml", installed()).problems) {
        INFO(problem.text());
        CHECK(problem.message.starts_with("needs a source module for "));
    }
    for (const char* path : {"cam1", "cam2", "cam3", "cam4", "test"})
        CHECK(names(text, path));
}
