// Paths by regular expressions.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/groups.hpp"
#include "config/print.hpp"
#include "fake_modules.hpp"

#include <array>

using namespace rill;
using namespace rill::config;
using rill::test::load_good;

namespace {

/// The source of a path, or "".
std::string source(const Config& config, const std::string& name) {
    const auto path = config.resolve(name);
    return path ? path->core.text("source") : "";
}

constexpr std::string_view some = R"(
pathDefaults: {sourceOnDemand: yes}
paths:
  all_others: {source: "cam://others"}
  cam1: {source: "cam://exact"}
  ~^cam([0-9]+)$: {source: "cam://10.0.0.$G1/${G1}0", substream: "small/$G1", camToken: "t$G1", maxReaders: 2}
  ~^cam: {source: "cam://later"}
  ~^site/([a-z]+)/([a-z]+)$: {source: "cam://$G2.$G1"}
)";

}  // namespace

TEST_CASE("groups are put where a text names them") {
    const std::array<std::string, 3> groups = {"whole", "one", "two"};
    CHECK(with_groups("x$G1y${G2}z", groups) == "xoneytwoz");
    CHECK(with_groups("${G1}0 $G2$G2", groups) == "one0 twotwo");
    for (const std::string_view same : {"", "$", "$G", "$Gx", "$G0", "${G1", "${G}", "$G3", "$H1", "G1"})
        CHECK(with_groups(same, groups) == same);
    CHECK(with_groups("$G99999999999999999999999", groups) == "$G99999999999999999999999");
    CHECK(highest_group("$G1 ${G12} $G3") == 12);
    CHECK(highest_group("$G $x") == 0);
}

TEST_CASE("exact names come first, then expressions in the order of the file, all_others last") {
    const Config config = load_good(some);
    CHECK(source(config, "cam1") == "cam://exact");
    CHECK(source(config, "cam2") == "cam://10.0.0.2/20");
    CHECK(source(config, "camera") == "cam://later");
    CHECK(source(config, "site/north/door") == "cam://door.north");
    CHECK(source(config, "anything/else") == "cam://others");
    CHECK(config.path_order == std::vector<std::string>{"cam1"});
    CHECK(config.path_keys() == std::vector<std::string>{"cam1", "~^cam([0-9]+)$", "~^cam",
                                                         "~^site/([a-z]+)/([a-z]+)$", "all_others"});
    CHECK(config.resolve("cam1")->pattern.empty());
}

TEST_CASE("what matched is kept for the hooks, whose commands stay as they are") {
    const Config config = load_good(R"(
pathDefaults: {sourceOnDemand: yes}
paths:
  cam1: {source: "cam://exact"}
  ~^([a-z]+)([0-9]*)$: {source: "cam://h", runOnRead: "tell $G1 $G2"}
)");
    const auto path = config.resolve("cam7");
    CHECK(path->groups == std::vector<std::string>{"cam", "7"});
    CHECK(config.resolve("door")->groups == std::vector<std::string>{"door", ""});
    CHECK(path->hooks == config.patterns.front().path.hooks);
    CHECK(path->hooks->text("runOnRead") == "tell $G1 $G2");
    CHECK(config.resolve("cam1")->groups.empty());
}

TEST_CASE("paths that differ in their hooks are the same path") {
    const auto path = [](const std::string& rest) {
        return load_good("paths: {a: {source: \"cam://h\"" + rest + "}}\n").paths.at("a");
    };
    CHECK(path("").is_same_path(path(", runOnInit: x")));
    CHECK_FALSE(path("") == path(", runOnInit: x"));
    CHECK_FALSE(path("").is_same_path(path(", maxReaders: 1")));
}

TEST_CASE("a path by an expression has its name, and the texts with what matched") {
    const Config config = load_good(some);
    const auto path = config.resolve("cam7");
    REQUIRE(path);
    CHECK(path->name == "cam7");
    CHECK(path->pattern == "~^cam([0-9]+)$");
    CHECK(path->core.text("substream") == "small/7");
    CHECK(path->source.options->text("token") == "t7");
    CHECK(path->core.integer("maxReaders") == 2);
    // What they share is not touched.
    CHECK(config.find("~^cam([0-9]+)$")->source.options->text("token") == "t$G1");
    CHECK(config.resolve("cam8")->source.options->text("token") == "t8");
    CHECK(*config.resolve("cam7") == *path);
}

TEST_CASE("a name that is none is no path, whatever matches it") {
    const Config config = load_good(some);
    for (const std::string& name :
         {std::string("../etc"), std::string("a//b"), std::string("/a"), std::string("a/"),
          std::string(256, 'a'), std::string("a b"), std::string("~^cam"), std::string()})
        CHECK_FALSE(config.resolve(name));
    CHECK_FALSE(load_good("").resolve("a"));
}

TEST_CASE("expressions are printed, and load to the same") {
    Config config = load_good(some);
    Config again = load_good(to_yaml(load_good(R"(
paths:
  all: {source: "cam://others", sourceOnDemand: yes}
  ~^cam([0-9]+)$: {source: "cam://$G1", sourceOnDemand: yes}
)")));
    CHECK(again.path_keys() == std::vector<std::string>{"~^cam([0-9]+)$", "all"});
    CHECK(source(again, "cam3") == "cam://3");
    CHECK(config.patterns != again.patterns);
}
