#include "catch.hpp"
#include "registry/registry.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>

using namespace rill;
namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

/// A module directory that a test fills.
class Directory {
  public:
    Directory() {
        std::string name = "/tmp/rill-modules-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    const fs::path& path() const { return path_; }
    /// Copies one of the modules that were built for these tests.
    fs::path add(const std::string& module, const std::string& as) const {
        fs::path target = path_ / as;
        fs::create_directories(target.parent_path());
        fs::copy_file(fs::path(RILL_TEST_MODULES) / ("rill-" + module + ".so"), target);
        return target;
    }

  private:
    fs::path path_;
};

/// $RILL_MODULE_DIR, put back at the end.
class ModuleVariable {
  public:
    ModuleVariable() {
        if (const char* value = std::getenv("RILL_MODULE_DIR")) before_ = value;
    }
    ModuleVariable(const ModuleVariable&) = delete;
    ModuleVariable& operator=(const ModuleVariable&) = delete;
    ~ModuleVariable() {
        if (before_) {
            set(*before_);
        } else {
            ::unsetenv("RILL_MODULE_DIR");
        }
    }

    static void set(const std::string& value) { ::setenv("RILL_MODULE_DIR", value.c_str(), 1); }

  private:
    std::optional<std::string> before_;
};

Result<std::unique_ptr<Sink>> no_sink(const Options&) {
    return Error{Code::unavailable, "only a table"};
}
Result<std::unique_ptr<Source>> no_source(const SourceContext&) {
    return Error{Code::unavailable, "only a table"};
}

/// A module with one sink that has one option, to be spoilt. Registries keep pointers: never destroyed.
struct OneSink {
    Option option = {.name = "size", .type = Type::integer, .fallback = "1", .doc = "A size."};
    std::vector<Route> routes = {};
    SinkFactory sink = {.id = "out", .summary = "A sink", .options = {}, .routes = {}, .create = no_sink};
    Module module = {.name = "one", .version = "1", .sources = {}, .sinks = {}, .controllers = {}};

    Texts problems() {
        sink.options = std::span(&option, 1);
        sink.routes = routes;
        module.sinks = std::span(&sink, 1);
        return Registry().add(module);
    }
};

}  // namespace

TEST_CASE("modules are found in the directory and one level below it") {
    const Directory directory;
    directory.add("alpha", "rill-alpha.so");
    directory.add("beta", "beta/rill-beta.so");
    directory.add("null", "too/deep/rill-null.so");
    directory.add("null", "null.so");
    directory.add("null", "rill-null.so.1");
    fs::create_directory(directory.path() / "rill-directory.so");

    Registry registry;
    CHECK(registry.load({directory.path()}).empty());
    REQUIRE(registry.modules().size() == 2);
    CHECK(registry.modules()[0].module->name == "alpha");
    CHECK(registry.modules()[0].module->version == "1.2");
    CHECK(registry.modules()[0].file == directory.path() / "rill-alpha.so");
    CHECK(registry.modules()[1].module->name == "beta");

    CHECK(registry.sources().size() == 2);
    CHECK(registry.sinks().size() == 2);
    CHECK(registry.controllers().empty());
    REQUIRE(registry.source_for_scheme("alphas") != nullptr);
    CHECK(registry.source_for_scheme("alphas")->id == "alpha");
    CHECK(registry.source_for_scheme("gamma") == nullptr);
    REQUIRE(registry.sink("betaout") != nullptr);
    CHECK(registry.sink("betaout")->options[0].name == "depth");
    CHECK(registry.sink("beta") == nullptr);
    CHECK(registry.controller("alpha") == nullptr);
}

TEST_CASE("overlapping directories load a module once") {
    const Directory directory;
    directory.add("alpha", "sub/rill-alpha.so");
    Registry registry;
    CHECK(registry.load({directory.path(), directory.path() / "sub", directory.path()}).empty());
    CHECK(registry.modules().size() == 1);
}

TEST_CASE("every broken module is told with its file, and the others are loaded") {
    const Directory directory;
    const std::string base = directory.path().string();
    std::ofstream(directory.path() / "rill-a-text.so") << "not a library\n";
    directory.add("no_symbol", "rill-b.so");
    directory.add("null", "rill-c.so");
    directory.add("other_abi", "rill-d.so");
    directory.add("unresolved", "rill-e.so");
    directory.add("alpha", "rill-f.so");
    directory.add("alpha", "rill-g.so");

    Registry registry;
    const Texts problems = registry.load({directory.path() / "missing", directory.path()});
    REQUIRE(problems.size() == 13);
    CHECK(problems[0] == "module directory " + base + "/missing: No such file or directory");
    CHECK(problems[1].starts_with("module " + base + "/rill-a-text.so: cannot be loaded: "));
    CHECK(problems[2] == "module " + base + "/rill-b.so: does not export rill_module");
    CHECK(problems[3] == "module " + base + "/rill-c.so: rill_module() returned nothing");
    CHECK(problems[4] == "module " + base + "/rill-d.so: built for ABI " + std::to_string(module_abi + 1) +
                             ", this is ABI " + std::to_string(module_abi));
    CHECK(problems[5].starts_with("module " + base + "/rill-e.so: cannot be loaded: "));
    CHECK(problems[5].find("rill_symbol_that_nobody_has") != std::string::npos);
    const std::string twice = "module " + base + "/rill-g.so: ";
    CHECK(problems[6] == twice + "the name \"alpha\" is taken by " + base + "/rill-f.so");
    CHECK(problems[7] == twice + "the source \"alpha\" is there twice");
    CHECK(problems[8] == twice + "another source takes alpha:// already");
    CHECK(problems[9] == twice + "another source takes alphas:// already");
    CHECK(problems[10] == twice + "the key alphaDepth is taken by alpha");
    CHECK(problems[11] == twice + "the key alphaout is taken by alpha");
    CHECK(problems[12] == twice + "the key alphaoutDepth is taken by alpha");
    CHECK(registry.modules().size() == 1);
}

TEST_CASE("tables are checked") {
    OneSink one;
    const auto problem = [&one] {
        const Texts problems = one.problems();
        return problems.size() == 1 ? problems[0] : "there are " + std::to_string(problems.size());
    };
    CHECK(one.problems().empty());

    SECTION("ids") {
        for (const std::string_view id : {"", "Out", "1out", "o-ut", "o_ut"}) {
            one.sink.id = id;
            CHECK(problem().ends_with("the id must be lower-case letters and digits"));
        }
    }
    SECTION("names of modules") {
        one.module.name = "One";
        CHECK(problem() == "module One: module \"One\": the name must be lower-case letters and digits");
    }
    SECTION("a version") {
        one.module.version = "";
        CHECK(problem() == "module one: module \"one\": has no version");
    }
    SECTION("a create function") {
        one.sink.create = nullptr;
        CHECK(problem() == "module one: sink \"out\": has no create function");
    }
    SECTION("a summary") {
        one.sink.summary = "";
        CHECK(problem() == "module one: sink \"out\": has no summary");
    }
    SECTION("routes") {
        one.routes = {{"index.m3u8"}, {"/index.m3u8"}};
        CHECK(problem() ==
              "module one: sink \"out\": the route \"/index.m3u8\" must be relative to the path");
    }
    SECTION("names of options") {
        for (const std::string_view name : {"", "Size", "a-size", "a_size", "9size"}) {
            one.option.name = name;
            CHECK(problem().ends_with("the name must be in lowerCamelCase"));
        }
    }
    SECTION("docs") {
        one.option.doc = "";
        CHECK(problem() == "module one: sink \"out\": option \"size\": has no doc");
    }
    SECTION("types") {
        one.option.type = static_cast<Type>(99);
        CHECK(problem() == "module one: sink \"out\": option \"size\": has no valid type");
    }
    SECTION("fallbacks") {
        one.option.fallback = "x";
        CHECK(problem() ==
              "module one: sink \"out\": option \"size\": the fallback is not valid: expected an "
              "integer, got \"x\"");
        one.option.fallback = "";
        CHECK(problem().ends_with("got \"\""));
        one.option.required = true;
        CHECK(one.problems().empty());
    }
    SECTION("bounds") {
        one.option.minimum = 2;
        CHECK(problem().ends_with("the fallback is not valid: expected an integer ≥ 2, got \"1\""));
        one.option.minimum = 2;
        one.option.maximum = 1;
        CHECK(one.problems().size() == 2);
    }
    SECTION("choices") {
        one.option.type = Type::choice;
        CHECK(one.problems().size() == 2);
        CHECK(one.problems()[0].ends_with("has no choices"));
    }
    SECTION("records") {
        one.option.type = Type::records;
        one.option.fallback = "";
        CHECK(problem().ends_with("has no fields"));
        const Option field = {.name = "Bad", .type = Type::text, .fallback = "", .doc = "-"};
        one.option.fields = std::span(&field, 1);
        CHECK(problem() ==
              "module one: sink \"out\": option \"size\": option \"Bad\": the name must be in "
              "lowerCamelCase");
        one.option.fields = std::span(&one.option, 1);  // a table in itself
        CHECK(problem().ends_with("records are nested too deeply"));
    }
    SECTION("an empty module") {
        one.problems();
        one.module.sinks = {};
        CHECK(Registry().add(one.module) ==
              Texts{"module one: module \"one\": has no source, sink or controller"});
    }
}

TEST_CASE("keys belong to one module, and not to core") {
    OneSink one;
    SECTION("of core") {
        one.sink.id = "read";
        one.option = {.name = "timeout", .type = Type::integer, .fallback = "1", .doc = "-"};
        CHECK(one.problems() == Texts{"module one: the key readTimeout is taken by core"});
        one.sink.id = "paths";
        CHECK(one.problems() == Texts{"module one: the key paths is taken by core"});
    }
    SECTION("of two modules") {
        const Option options[] = {{.name = "size", .type = Type::integer, .fallback = "1", .doc = "-"}};
        const std::string_view schemes[] = {"x"};
        const SourceFactory source[] = {
            {.id = "out", .summary = "-", .schemes = schemes, .options = options, .create = no_source}};
        const Module other = {
            .name = "other", .version = "1", .sources = source, .sinks = {}, .controllers = {}};
        Registry registry;
        CHECK(registry.add(other).empty());
        one.problems();
        CHECK(registry.add(one.module) == Texts{"module one: the key outSize is taken by other"});
    }
    SECTION("twice in one table") {
        one.problems();
        const Option options[] = {one.option, one.option};
        one.sink.options = options;
        one.module.sinks = std::span(&one.sink, 1);
        CHECK(Registry().add(one.module) ==
              Texts{"module one: sink \"out\": option \"size\": is there twice"});
    }
}

TEST_CASE("one module keeps recordings") {
    const auto create = [](std::span<const ArchivePath>, const Options&,
                           std::shared_ptr<Events>) -> Result<std::unique_ptr<Archive>> {
        return Error{Code::unavailable, "only a table"};
    };
    const ArchiveFactory disks = {.id = "disks", .summary = "-", .create = create};
    const ArchiveFactory tapes = {.id = "tapes", .summary = "-", .create = create};
    const SinkFactory disk[] = {
        {.id = "disks", .summary = "-", .options = {}, .routes = {}, .create = no_sink}};
    const SinkFactory tape[] = {
        {.id = "tapes", .summary = "-", .options = {}, .routes = {}, .create = no_sink}};
    Registry registry;
    const Module one = {.name = "one", .version = "1", .sinks = disk, .archive = &disks};
    const Module two = {.name = "two", .version = "1", .sinks = tape, .archive = &tapes};
    CHECK(registry.add(one).empty());
    CHECK(
        registry.add(two) ==
        Texts{"module two: archive \"tapes\": \"disks\" keeps recordings already, and a process has at most "
              "one; remove one of the two modules"});
}

TEST_CASE("sources need sound schemes") {
    const std::string_view schemes[] = {"x", "X", "", "x y"};
    SourceFactory source = {
        .id = "in", .summary = "-", .schemes = schemes, .options = {}, .create = no_source};
    const Module module = {
        .name = "m", .version = "1", .sources = std::span(&source, 1), .sinks = {}, .controllers = {}};
    CHECK(Registry().add(module).size() == 3);
    source.schemes = {};
    CHECK(Registry().add(module) == Texts{"module m: source \"in\": has no schemes"});
}

TEST_CASE("$RILL_MODULE_DIR says where modules are") {
    const ModuleVariable variable;
    ModuleVariable::set("/a:/b::/c");
    CHECK(module_directories("/fallback") == std::vector<fs::path>{"/a", "/b", "/c"});
    ModuleVariable::set("");
    CHECK(module_directories("/fallback") == std::vector<fs::path>{"/fallback"});
    ::unsetenv("RILL_MODULE_DIR");
    CHECK(module_directories("/fallback") == std::vector<fs::path>{"/fallback"});
}
