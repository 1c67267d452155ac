#include "catch.hpp"
#include "config/overlay.hpp"

#include <array>

using namespace rill;
using namespace rill::config;

namespace {

Json json(std::string_view text) {
    auto parsed = Json::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

Node tree(std::string_view yaml) {
    Problems problems;
    auto root = parse_yaml(yaml, "rill.yml", problems);
    REQUIRE(root);
    REQUIRE(problems.empty());
    return *root;
}

/// In one line, with the texts as they are.
std::string flat(const Node& node) {
    std::string text = node.kind == Node::Kind::scalar ? node.text : "";
    for (const Node& item : node.items)
        text += "[" + flat(item) + "]";
    for (const Entry& entry : node.entries)
        text += "{" + entry.key + ":" + flat(entry.value) + "}";
    return text;
}

std::string over(std::string_view yaml, const Overlay& overlay) {
    Node root = tree(yaml);
    overlay.apply(root);
    return flat(root);
}

Overlay read_again(const Overlay& overlay) {
    Problems problems;
    const std::string yaml = overlay.to_yaml();
    INFO(yaml);
    auto again = Overlay::parse(yaml, "rill.api.yml", problems);
    for (const Problem& problem : problems.take())
        UNSCOPED_INFO(problem.text());
    REQUIRE(again);
    return *again;
}

}  // namespace

TEST_CASE("an overlay lies over a file") {
    Overlay overlay;
    CHECK(overlay.to_yaml().empty());
    CHECK(over("a: 1", overlay) == "{a:1}");
    CHECK(over("", overlay).empty());
    overlay.patch_global(json(R"({"b": 2, "list": ["x", "y"]})"));
    overlay.patch_global(json(R"({"b": 3})"));
    overlay.patch_path_defaults(json(R"({"record": true})"));
    overlay.patch_path("cam1", json(R"({"maxReaders": 5})"));
    overlay.put_path("new", json(R"({"source": "x://h", "servers": [{"url": "u"}]})"));
    overlay.patch_path("new", json(R"({"maxReaders": 1})"));
    overlay.put_path("cam2", json(R"({"source": "y://h"})"));
    overlay.remove_path("cam3");
    const std::string_view file = R"(
a: 1
b: 1
paths:
  cam3: {source: "c"}
  cam1: {source: "a", maxReaders: 1, record: no}
  cam2: {source: "b", record: no}
)";
    const std::string_view expected =
        "{a:1}{b:3}{paths:{cam1:{source:a}{maxReaders:5}{record:no}}{cam2:{source:y://h}}"
        "{new:{source:x://h}{servers:[{url:u}]}{maxReaders:1}}}{list:[x][y]}{pathDefaults:{record:true}}";
    CHECK(over(file, overlay) == expected);
    CHECK(over(file, read_again(overlay)) == expected);
    CHECK(read_again(overlay).to_yaml() == overlay.to_yaml());
}

TEST_CASE("what the file loses later is not made of a few changed keys") {
    Overlay overlay;
    overlay.patch_path("gone", json(R"({"maxReaders": 5})"));
    CHECK(over("paths: {a: {source: x}}", overlay) == "{paths:{a:{source:x}}}");
}

TEST_CASE("a removed path stays removed until it is added again") {
    Overlay overlay;
    overlay.put_path("a", json(R"({"source": "mine"})"));
    overlay.remove_path("a");
    overlay.remove_path("b");
    CHECK(over("paths: {a: {source: x}, b: {source: y}, c: {source: z}}", read_again(overlay)) ==
          "{paths:{c:{source:z}}}");
    overlay.put_path("b", json(R"({"source": "again"})"));
    CHECK(over("paths: {a: {source: x}, b: {source: y}}", read_again(overlay)) ==
          "{paths:{b:{source:again}}}");
}

TEST_CASE("any value is kept as it is") {
    Overlay overlay;
    overlay.put_path("null", json(R"({"a": null, "b": "null", "c": "", "d": "~", "e": 1.5, "f": [], "g": {},
                                      "h": "line\nbreak \"quoted\" # ä \u0007", "i": [[1], [{"x": [2]}]],
                                      "yes": "yes", "": "empty", "k: v": "- x"})"));
    const Overlay again = read_again(overlay);
    CHECK(again.to_yaml() == overlay.to_yaml());
    Node before, after;
    overlay.apply(before);
    again.apply(after);
    CHECK(flat(after) == flat(before));
    const Node& path = find(find(after, "paths")->value, "null")->value;
    CHECK(find(path, "a")->value.is_null());
    CHECK_FALSE(find(path, "b")->value.is_null());
    CHECK_FALSE(find(path, "c")->value.is_null());
    CHECK(find(path, "h")->line == api_line);
    CHECK(find(path, "i")->value.items[1].items[0].line == api_line);
}

TEST_CASE("a broken overlay is refused, with its place") {
    struct Case {
        std::string_view yaml, problem;
    };
    constexpr auto cases = std::to_array<Case>({
        {"- a\n", "rill.api.yml:1: expected a mapping, got a sequence"},
        {"global: {\n", "rill.api.yml:2:1: while parsing a flow node: did not find expected node content"},
        {"global: x\n", "rill.api.yml:1: global: expected a mapping, got a text"},
        {"paths: {}\n", "rill.api.yml:1: paths: unknown key"},
        {"changedPaths:\n  a: x\n", "rill.api.yml:2: changedPaths.a: expected a mapping, got a text"},
        {"global: {paths: {}}\n", "rill.api.yml:1: global.paths: has a part of its own"},
        {"global: {}\nglobal: {}\n", "rill.api.yml:2: global: duplicate key, first on line 1"},
    });
    for (const Case& c : cases) {
        INFO(c.yaml);
        Problems problems;
        CHECK_FALSE(Overlay::parse(c.yaml, "rill.api.yml", problems));
        const auto told = problems.take();
        REQUIRE(told.size() == 1);
        CHECK(told[0].text() == c.problem);
    }
    Problems problems;
    CHECK(Overlay::parse("", "rill.api.yml", problems));
    CHECK(problems.empty());
}
