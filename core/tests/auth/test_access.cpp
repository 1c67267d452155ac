// Addresses, expressions and permissions: who may do what, and where.
#include "auth/address.hpp"
#include "auth/permission.hpp"
#include "catch.hpp"

#include <array>
#include <string>

using namespace rill;
using namespace rill::auth;

namespace {

bool contains(std::string_view range, std::string_view address) {
    const auto parsed = AddressRange::parse(range);
    REQUIRE(parsed);
    const auto of = Address::parse(address);
    REQUIRE(of);
    return parsed->contains(*of);
}

bool matches(std::string_view expression, std::string_view path) {
    const auto parsed = PathExpression::parse(expression);
    INFO((parsed ? "" : parsed.error().message));
    REQUIRE(parsed);
    return parsed->matches(path);
}

}  // namespace

TEST_CASE("addresses are read with and without a port") {
    CHECK(Address::parse("192.0.2.1")->text() == "192.0.2.1");
    CHECK(Address::parse("::ffff:192.0.2.1")->text() == "192.0.2.1");
    CHECK(Address::parse("2001:DB8::1")->text() == "2001:db8::1");
    CHECK(Address::parse("fe80::1%eth0")->text() == "fe80::1");
    CHECK(Address::parse_with_port("192.0.2.1:50000")->text() == "192.0.2.1");
    CHECK(Address::parse_with_port("[2001:db8::1]:50000")->text() == "2001:db8::1");
    for (const std::string_view text :
         {"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1 ", "192.0.2.1%eth0", "1:2", "[::1]", ":::"}) {
        INFO(text);
        CHECK_FALSE(Address::parse(text));
    }
    CHECK_FALSE(Address::parse(std::string_view("192.0.2.1\0x", 11)));
    for (const std::string_view text : {"", "192.0.2.1", "::1", "2001:db8::1:80", "[::1]"}) {
        INFO(text);
        CHECK_FALSE(Address::parse_with_port(text));
    }
}

TEST_CASE("ranges hold the addresses with their prefix") {
    struct Row {
        std::string_view range, address;
        bool held;
    };
    constexpr auto rows = std::to_array<Row>({
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.77/24", "192.0.2.1", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.9", false},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"127.0.0.1", "::1", false},
    });
    for (const Row& row : rows) {
        INFO(row.range << " " << row.address);
        CHECK(contains(row.range, row.address) == row.held);
    }
    for (const std::string_view text : {"", "/", "x/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
                                        "::/129", "192.0.2.0/8x", "192.0.2.0/8/8"}) {
        INFO(text);
        const auto range = AddressRange::parse(text);
        REQUIRE(!range);
        CHECK(range.error().code == Code::invalid_config);
    }
}

TEST_CASE("expressions mean what they mean in Go") {
    CHECK(matches("^cam[0-9]+$", "cam12"));
    CHECK_FALSE(matches("^cam[0-9]+$", "cam12\n"));
    CHECK_FALSE(matches("^cam[0-9]+$", "xcam12"));
    CHECK(matches("cam", "site/cam1"));
    CHECK(matches("", "anything"));
    CHECK(matches("^(?P<site>\\w+)/(?:door|gate)\\d*$", "north/gate7"));
    CHECK(matches("^(?<site>\\w+)$", "north"));
    CHECK(matches("(?i)^CAM$", "cam"));
    CHECK(matches("^(a|b)*?c+?$", "abcc"));
    CHECK(matches("^[[:alpha:]]{2,3}$", "abc"));
    CHECK(matches("^[](*+]$", "("));
    CHECK(matches("^\\Q(*+)\\E$", "(*+)"));
    CHECK(matches("^\\x{41}+\\x42$", "AAB"));
    CHECK(matches("^a\\{,2}$", "a{,2}"));
    CHECK(matches("^(a{2,}b{1,2}?)+$", "aabaaab"));
    CHECK(matches("^\\p{Greek}+$", "αβγ"));
    CHECK_FALSE(matches("^\\d$", "٣"));
    CHECK_FALSE(matches(".", "\xff"));
}

TEST_CASE("what Go's syntax does not have is refused") {
    for (const std::string_view text :
         {"(a)\\1", "(?=a)",  "(?!a)",  "(?<=a)b", "(?<!a)b", "(?>a)",    "(?|a)", "(?#x)",
          "(?R)",   "(?1)",   "(?P=x)", "(?P>x)",  "(*UTF)a", "a(*FAIL)", "a*+",   "a++",
          "a?+",    "a{2}+",  "a+?+",   "\\K",     "\\G",     "\\Z",      "\\R",   "\\X",
          "\\C",    "\\g{1}", "\\k<x>", "[\\b]",   "[\\B]",   "(?x)a b",  "\\"}) {
        INFO(text);
        const auto parsed = PathExpression::parse(text);
        REQUIRE(!parsed);
        CHECK(parsed.error().code == Code::invalid_config);
    }
    for (const std::string_view text : {"(", ")", "[a", "a**", "*", "[z-a]", "\\p{Nonsense}"}) {
        INFO(text);
        CHECK(!PathExpression::parse(text));
    }
    CHECK(!PathExpression::parse(std::string(2000, 'a')));
    CHECK(!PathExpression::parse("\xff"));
}

TEST_CASE("no expression takes long, and what would is no match") {
    const std::string path(200, 'a');
    CHECK_FALSE(matches("^(a+)+$", path + "!"));
    CHECK_FALSE(matches("^(a|aa)+$", path + "!"));
    CHECK_FALSE(matches("(.*)(.*)(.*)(.*)(.*)x", path));
    CHECK_FALSE(matches("^(((((a*)*)*)*)*)*b$", path));
    // In the end it would match.
    CHECK(matches("^((a|aa)+x|a+!)$", "aaaa!"));
    CHECK_FALSE(matches("^((a|aa)+x|a+!)$", std::string(28, 'a') + "!"));
    // Deep nesting does not overflow a stack.
    CHECK(!PathExpression::parse(std::string(500, '(') + std::string(500, ')')));
}

TEST_CASE("a permission is for one action and its paths") {
    struct Row {
        std::string_view action, path;
        Action asked;
        std::string_view asked_path;
        bool allowed;
    };
    constexpr auto rows = std::to_array<Row>({
        {"read", "", Action::read, "cam1", true},
        {"read", "", Action::publish, "cam1", false},
        {"read", "cam1", Action::read, "cam1", true},
        {"read", "cam1", Action::read, "cam10", false},
        {"read", "cam1", Action::read, "Cam1", false},
        {"read", "~^cam", Action::read, "cam10", true},
        {"read", "~^cam", Action::read, "xcam", false},
        {"playback", "~", Action::playback, "cam1", true},
        {"api", "", Action::api, "", true},
        {"api", "cam1", Action::api, "", true},
        {"api", "", Action::metrics, "", false},
        {"pprof", "", Action::pprof, "", true},
    });
    for (const Row& row : rows) {
        INFO(row.action << " " << row.path << " " << row.asked_path);
        const auto permission = Permission::parse(row.action, row.path);
        REQUIRE(permission);
        CHECK(permission->allows(row.asked, row.asked_path) == row.allowed);
    }
    CHECK(Permission::parse("write", "").error().message ==
          "\"write\" is no action: expected publish, read, playback, api, metrics or pprof");
    CHECK(!Permission::parse("read", "~("));
}
