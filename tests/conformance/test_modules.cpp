// What each module says of itself.
#include "catch.hpp"
#include "modules.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <gio/gio.h>

#include <cstdlib>
#include <filesystem>

using namespace rill;
using namespace rill::test;

namespace {

/// What a program prints; it must end well.
std::string output_of(const std::string& program, const char* argument) {
    const auto process = Ref<GSubprocess>::adopt(
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, nullptr, program.c_str(), argument, nullptr));
    REQUIRE(process);
    Owned<char> text;
    REQUIRE(g_subprocess_communicate_utf8(process.get(), nullptr, nullptr, out(text), nullptr, nullptr));
    CHECK(g_subprocess_get_successful(process.get()));
    return text.get();
}

/// "  sink        hls          HLS in the browser" among the lines that are indented below the module's.
bool lists(const std::string& text, const std::string& module, std::string_view kind, std::string_view id,
           std::string_view summary) {
    const std::size_t begin = text.find(module);
    if (begin == std::string::npos) return false;
    std::size_t end = begin;
    do {
        end = text.find('\n', end + 1);
    } while (end != std::string::npos && text.substr(end + 1, 2) == "  ");
    const std::string own = text.substr(begin, end - begin);
    return own.find(fmt::format("\n  {:<11} {:<12} {}", kind, id, summary)) != std::string::npos;
}

}  // namespace

TEST_CASE("every module in the build tree is loaded, and says what it is") {
    std::size_t files = 0;
    for (const auto& directory : module_directories("")) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
            const std::string name = entry.path().filename();
            if (name.starts_with("rill-") && name.ends_with(".so")) ++files;
        }
    }
    CHECK(files > 5);
    CHECK(installed().modules().size() == files);
    for (const auto& loaded : installed().modules()) {
        INFO(loaded.file);
        CHECK(loaded.module->abi == module_abi);
        CHECK(loaded.module->version == RILL_VERSION);
    }
}

TEST_CASE("rilld lists every module and what it offers") {
    const char* const build = std::getenv("RILL_BUILD_DIR");
    REQUIRE(build != nullptr);
    const std::string text = "\n" + output_of(std::string(build) + "/apps/rilld/rilld", "--list-modules");
    for (const auto& loaded : installed().modules()) {
        const Module& module = *loaded.module;
        const std::string heading = fmt::format("\n{} {}", module.name, module.version);
        INFO(heading);
        CHECK(text.find(heading + "\n") != std::string::npos);
        for (const auto& source : module.sources)
            CHECK(lists(text, heading, "source", source.id, source.summary));
        for (const auto& sink : module.sinks)
            CHECK(lists(text, heading, "sink", sink.id, sink.summary));
        for (const auto& controller : module.controllers)
            CHECK(lists(text, heading, "controller", controller.id, controller.summary));
    }
}

TEST_CASE("every module has an example that loads and that uses all it offers") {
    for (const auto& loaded : installed().modules()) {
        INFO(loaded.file);
        for (const auto& source : loaded.module->sources)
            CHECK(source.create(example_source(loaded, source)));
        for (const auto& sink : loaded.module->sinks)
            CHECK(sink.create(example_options(loaded, sink)));
        for (const auto& controller : loaded.module->controllers)
            CHECK(controller.create(example_options(loaded, controller)));
    }
}

TEST_CASE("what an option table allows is taken, or refused in words") {
    const auto check = [](const auto& factory) {
        INFO(factory.id);
        for (const Options& options : edges_of(factory.options)) {
            const auto made = factory.create(options);
            if (!made) CHECK_FALSE(made.error().message.empty());
        }
        CHECK(factory.create(Options::defaults(factory.options)));
    };
    for (const auto& sink : offered_sinks())
        check(*sink.factory);
    for (const auto& controller : offered_controllers())
        check(*controller.factory);
}
