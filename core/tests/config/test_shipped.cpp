// The files in configs/ against the tables they document.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/tables.hpp"
#include "fake_modules.hpp"

#include <regex>

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

config::Config load_good(const std::string& text, const std::string& file) {
    auto loaded = config::load(text, file, installed());
    for (const auto& problem : loaded.problems)
        UNSCOPED_INFO(problem.text());
    REQUIRE(loaded);
    return std::move(loaded.config);
}

template <class Factories>
void check_named(const std::string& text, const Factories& factories) {
    for (const auto* factory : factories) {
        for (const Option& option : factory->options) {
            INFO(option_key(factory->id, option.name));
            CHECK(names(text, option_key(factory->id, option.name)));
        }
    }
}

}  // namespace

TEST_CASE("default.yml equals the built-in defaults") {
    const std::string file = configs + "/default.yml";
    CHECK(load_good(text_of(file), file) == config::Config::defaults(installed()));
}

TEST_CASE("default.yml names every key") {
    const std::string text = text_of(configs + "/default.yml");
    for (const auto table : {config::global_options(), config::path_options(), config::shared_options()}) {
        for (const Option& option : table) {
            INFO(option.name);
            CHECK(names(text, std::string(option.name)));
        }
    }
    check_named(text, installed().sources());
    check_named(text, installed().sinks());
    check_named(text, installed().controllers());
    for (const auto* sink : installed().sinks())
        CHECK(names(text, std::string(sink->id)));
    for (const auto* controller : installed().controllers())
        CHECK(names(text, std::string(controller->id)));
}

TEST_CASE("demo.yml has four cameras and a test picture") {
    const std::string text = text_of(configs + "/demo.yml");
    // Without modules only the sources are unknown; everything else must be right.
    for (const auto& problem : config::load(text, "demo.yml", installed()).problems) {
        INFO(problem.text());
        CHECK(problem.message.starts_with("needs a source module for "));
        CHECK(installed().modules().empty());
    }
    for (const char* path : {"cam1", "cam2", "cam3", "cam4", "test"})
        CHECK(names(text, path));
}
