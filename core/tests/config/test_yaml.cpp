#include "catch.hpp"
#include "config/yaml.hpp"

#include <fmt/format.h>

using namespace rill::config;

namespace {

struct Parsed {
    std::optional<Node> root;
    std::vector<std::string> problems;
};

Parsed parse(std::string_view text, const YamlLimits& limits = {}) {
    Problems problems;
    Parsed result;
    result.root = parse_yaml(text, "x.yml", problems, limits);
    for (const Problem& problem : problems.take())
        result.problems.push_back(problem.text());
    return result;
}

std::string first_problem(std::string_view text, const YamlLimits& limits = {}) {
    const Parsed parsed = parse(text, limits);
    return parsed.problems.empty() ? "" : parsed.problems.front();
}

const Node& at(const Node& node, std::string_view key) {
    for (const Entry& entry : node.entries) {
        if (entry.key == key) return entry.value;
    }
    FAIL("no key " << key);
    return node;
}

}  // namespace

TEST_CASE("a tree knows where it was written") {
    const Parsed parsed = parse("a: 1\nb:\n  - x\n  - \"y\"\nc: {d: ~}\n");
    REQUIRE(parsed.root);
    CHECK(parsed.problems.empty());
    const Node& root = *parsed.root;
    CHECK(root.kind == Node::Kind::mapping);
    CHECK(root.entries.size() == 3);
    CHECK(root.entries[1].line == 2);
    CHECK(at(root, "a").text == "1");
    const Node& b = at(root, "b");
    CHECK(b.kind == Node::Kind::sequence);
    CHECK(b.items[1].text == "y");
    CHECK(b.items[1].quoted);
    CHECK(b.items[1].line == 4);
    CHECK(b.items[1].column == 5);
    CHECK(at(at(root, "c"), "d").is_null());
}

TEST_CASE("null is nothing, ~ and null, unless in quotes") {
    const Parsed parsed = parse("a:\nb: ~\nc: null\nd: \"null\"\ne: ''\n");
    CHECK(at(*parsed.root, "a").is_null());
    CHECK(at(*parsed.root, "b").is_null());
    CHECK(at(*parsed.root, "c").is_null());
    CHECK_FALSE(at(*parsed.root, "d").is_null());
    CHECK_FALSE(at(*parsed.root, "e").is_null());
    CHECK(parse("").root->is_null());
    CHECK(parse("# a comment\n").root->is_null());
}

TEST_CASE("aliases and merge keys") {
    const Parsed parsed = parse(
        "base: &base {a: 1, b: 2}\n"
        "more: &more {b: 3, c: 4}\n"
        "copy: *base\n"
        "one: {<<: *base, b: 5}\n"
        "two: {<<: [*base, *more]}\n"
        "text: \"<<\"\n");
    REQUIRE(parsed.root);
    CHECK(parsed.problems.empty());
    CHECK(at(at(*parsed.root, "copy"), "b").text == "2");
    const Node& one = at(*parsed.root, "one");
    CHECK(one.entries.size() == 2);
    CHECK(at(one, "a").text == "1");
    CHECK(at(one, "b").text == "5");
    const Node& two = at(*parsed.root, "two");
    CHECK(two.entries.size() == 3);
    CHECK(at(two, "b").text == "2");
    CHECK(at(two, "c").text == "4");
}

TEST_CASE("syntax errors have a place") {
    CHECK(first_problem("a: 1\nb: [1, 2\nc: 3\n") ==
          "x.yml:3:2: while parsing a flow sequence: did not find expected ',' or ']'");
    CHECK(first_problem("a: 1\n b: 2\n") == "x.yml:2:3: mapping values are not allowed in this context");
    CHECK(first_problem("a: 1\nb: \"\x01\"\n") == "x.yml:2:5: control characters are not allowed");
    CHECK(first_problem("a: \"\\0\"\n") == "x.yml:1:4: a zero byte is not allowed");
    CHECK(first_problem("a: 1\n---\nb: 1\n") == "x.yml:2:1: only one document is allowed in the file");
    CHECK(first_problem("? [a]\n: 1\n") == "x.yml:1:3: a key must be a text");
    CHECK(first_problem("a: *b\n") == "x.yml:1:4: no anchor \"b\" comes before this alias");
    CHECK(first_problem("a: &a [*a]\n") == "x.yml:1:8: no anchor \"a\" comes before this alias");
    CHECK(first_problem("a: {<<: 1}\n") == "x.yml:1:9: only mappings can be merged with <<");
    CHECK(first_problem("a: \xff\n") == "x.yml:1:4: invalid leading UTF-8 octet");
    CHECK(first_problem("\ta: 1\n") ==
          "x.yml:1:1: while scanning for the next token: found character that cannot start any token");
}

TEST_CASE("every duplicate key is told, with its place") {
    const Parsed parsed = parse("a: 1\nb: {c: 1, c: 2}\na: 3\nd: [{e: 1, e: 1}]\na: 4\n");
    CHECK(parsed.problems == std::vector<std::string>{"x.yml:2: b.c: duplicate key, first on line 2",
                                                      "x.yml:3: a: duplicate key, first on line 1",
                                                      "x.yml:4: d[0].e: duplicate key, first on line 4",
                                                      "x.yml:5: a: duplicate key, first on line 1"});
    REQUIRE(parsed.root);
    CHECK(at(*parsed.root, "a").text == "1");
}

TEST_CASE("a document costs no more than its limits") {
    SECTION("size") {
        const YamlLimits limits = {.file_bytes = 1 << 20};
        CHECK(first_problem(std::string((1 << 20) + 1, ' '), limits) == "x.yml: larger than 1 MB");
    }
    SECTION("depth") {
        const YamlLimits limits = {.depth = 3};
        CHECK(first_problem("[[[x]]]", limits).empty());
        CHECK(first_problem("[[[[x]]]]", limits) == "x.yml:1:4: nested too deeply");
        CHECK(first_problem("- &a [[x]]\n- [*a]\n", limits) == "x.yml:2:4: nested too deeply");
        CHECK_FALSE(first_problem(std::string(1 << 20, '[')).empty());
    }
    SECTION("nodes") {
        const YamlLimits limits = {.nodes = 10};
        CHECK(first_problem("[1, 2, 3, 4, 5, 6, 7, 8, 9]", limits).empty());
        CHECK_FALSE(first_problem("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", limits).empty());
    }
    SECTION("aliases that multiply") {
        std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 5; ++i) {
            bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
        }
        const YamlLimits limits = {.nodes = 10'000};
        CHECK(first_problem(bomb, limits) ==
              "x.yml:5:10: the document is too large, with all aliases counted");
    }
    SECTION("long texts that multiply") {
        std::string bomb = fmt::format("a: &a {}\n", std::string(1 << 16, 'x'));
        for (int i = 0; i < 20; ++i)
            bomb += fmt::format("b{}: *a\n", i);
        const YamlLimits limits = {.text_bytes = 1 << 20};
        CHECK(first_problem(bomb, limits).ends_with("the document is too large, with all aliases counted"));
    }
}

TEST_CASE("files that cannot be read say why") {
    Problems problems;
    CHECK_FALSE(read_text_file("/nonexistent/rill.yml", problems));
    CHECK_FALSE(read_text_file("/", problems));
    const auto list = problems.take();
    CHECK(list[0].text() == "/nonexistent/rill.yml: cannot be read: No such file or directory");
    CHECK(list[1].text() == "/: cannot be read: Is a directory");

    const auto endless = read_text_file("/dev/zero", problems, {.file_bytes = 1000});
    REQUIRE(endless);
    CHECK(endless->size() > 1000);
}
