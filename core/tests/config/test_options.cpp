#include "catch.hpp"
#include "util/duration.hpp"
#include "util/options.hpp"

#include <fmt/format.h>

#include <array>

using namespace rill;
using namespace std::chrono_literals;

namespace {

std::string message_of(const Option& option, std::string_view text) {
    const auto value = parse_option(option, text);
    return value ? "" : value.error().message;
}

}  // namespace

TEST_CASE("durations are Go's and days") {
    struct Case {
        std::string_view text;
        std::chrono::nanoseconds value;
    };
    constexpr auto cases = std::to_array<Case>({
        {"0", 0ns},
        {"0s", 0ns},
        {"10s", 10s},
        {"200ms", 200ms},
        {"1h30m", 90min},
        {"1d", 24h},
        {"1d12h", 36h},
        {"1.5s", 1500ms},
        {".5h", 30min},
        {"1.s", 1s},
        {"0.1s", 100ms},
        {"5us", 5us},
        {"5\u00b5s", 5us},
        {"5\u03bcs", 5us},
        {"7ns", 7ns},
        {"1.9ns", 1ns},
        {"0.00000000000000000000001h", 0ns},
        {"9223372036854775807ns", std::chrono::nanoseconds::max()},
    });
    for (const Case& c : cases) {
        INFO(c.text);
        const auto value = parse_duration(c.text);
        REQUIRE(value);
        CHECK(*value == c.value);
    }
}

TEST_CASE("what is no duration is refused") {
    for (const std::string_view text :
         {"", "10", "-1s", "+1s", "s", ".", ".s", "1x", "1 s", " 1s", "1s ", "1s-1ms", "1e3s", "1m30", "1µ",
          "106752d", "9223372036854775808ns", "9223372036854775807ns1ns", "99999999999999999999999999h"}) {
        INFO(text);
        const auto value = parse_duration(text);
        REQUIRE(!value);
        CHECK(value.error().code == Code::invalid_config);
    }
    CHECK(parse_duration("1w").error().message ==
          "expected a duration such as 10s, 200ms or 1h30m, got \"1w\"");
}

TEST_CASE("sizes are powers of 1024") {
    struct Case {
        std::string_view text;
        std::int64_t value;
    };
    constexpr auto cases = std::to_array<Case>({{"0", 0},
                                                {"1024", 1024},
                                                {"64k", 65536},
                                                {"64K", 65536},
                                                {"50M", 52428800},
                                                {"50MB", 52428800},
                                                {"50MiB", 52428800},
                                                {"1.5k", 1536},
                                                {"2G", std::int64_t{2} << 30},
                                                {"1t", std::int64_t{1} << 40},
                                                {"7B", 7},
                                                {"9223372036854775807", INT64_MAX}});
    for (const Case& c : cases) {
        INFO(c.text);
        const auto value = parse_size(c.text);
        REQUIRE(value);
        CHECK(*value == c.value);
    }
    for (const std::string_view text :
         {"", "-1", "M", "5X", "5 M", "5MM", "5Mi", "1e3", "9223372036854775808", "8388608T"}) {
        INFO(text);
        CHECK(!parse_size(text));
    }
}

TEST_CASE("formatted durations and sizes are read back to the same value") {
    const std::vector<std::chrono::nanoseconds> durations = {
        0ns, 1ns, 1500ns, 200ms + 1ns, 90s, 36h, std::chrono::nanoseconds::max()};
    for (const std::chrono::nanoseconds value : durations) {
        INFO(format_duration(value));
        CHECK(*parse_duration(format_duration(value)) == value);
    }
    CHECK(format_duration(90min) == "1h30m");
    CHECK(format_duration(24h) == "1d");
    for (const std::int64_t value :
         {std::int64_t{0}, std::int64_t{1000}, std::int64_t{52428800}, INT64_MAX}) {
        CHECK(*parse_size(format_size(value)) == value);
    }
    CHECK(format_size(52428800) == "50M");
}

TEST_CASE("option values are checked by their row") {
    constexpr std::array<std::string_view, 2> colours = {"red", "blue"};
    const Option boolean = {.name = "b", .type = Type::boolean, .fallback = "no", .doc = "-"};
    const Option integer = {.name = "i", .type = Type::integer, .fallback = "1", .doc = "-", .minimum = 1};
    const Option bounded = {
        .name = "i", .type = Type::integer, .fallback = "1", .doc = "-", .minimum = -2, .maximum = 2};
    const Option duration = {
        .name = "d", .type = Type::duration, .fallback = "1s", .doc = "-", .minimum = 200, .maximum = 60'000};
    const Option size = {
        .name = "s", .type = Type::size, .fallback = "1M", .doc = "-", .maximum = std::int64_t{1} << 30};
    const Option choice = {
        .name = "c", .type = Type::choice, .fallback = "red", .doc = "-", .choices = colours};
    const Option list = {.name = "l", .type = Type::list, .fallback = "", .doc = "-"};
    const Option some = {.name = "l", .type = Type::list, .fallback = "", .doc = "-", .choices = colours};
    const Option secret = {.name = "k", .type = Type::integer, .fallback = "1", .doc = "-", .secret = true};
    const Option records = {.name = "r", .type = Type::records, .fallback = "", .doc = "-"};

    SECTION("valid ones") {
        for (const std::string_view yes : {"yes", "true", "True", "YES"}) {
            CHECK(std::get<bool>(*parse_option(boolean, yes)));
        }
        CHECK_FALSE(std::get<bool>(*parse_option(boolean, "no")));
        CHECK_FALSE(std::get<bool>(*parse_option(boolean, "false")));
        CHECK(std::get<std::int64_t>(*parse_option(integer, "42")) == 42);
        CHECK(std::get<std::int64_t>(*parse_option(bounded, "-2")) == -2);
        CHECK(std::get<std::chrono::nanoseconds>(*parse_option(duration, "1m")) == 60s);
        CHECK(std::get<std::int64_t>(*parse_option(size, "1G")) == 1 << 30);
        CHECK(std::get<std::string>(*parse_option(choice, "blue")) == "blue");
        using Texts = std::vector<std::string>;
        CHECK(std::get<Texts>(*parse_option(list, "")).empty());
        CHECK(std::get<Texts>(*parse_option(list, "a, b,c")) == Texts{"a", "b", "c"});
        CHECK(std::get<Texts>(*parse_option(some, "blue,red")) == Texts{"blue", "red"});
        CHECK(std::get<Options::Records>(*parse_option(records, "")).empty());
    }
    SECTION("messages of others") {
        CHECK(message_of(boolean, "maybe") == "expected yes or no, got \"maybe\"");
        CHECK(message_of(integer, "x") == "expected an integer ≥ 1, got \"x\"");
        CHECK(message_of(integer, "0") == "expected an integer ≥ 1, got \"0\"");
        CHECK(message_of(integer, "1.5") == "expected an integer ≥ 1, got \"1.5\"");
        CHECK(message_of(integer, "99999999999999999999") ==
              "expected an integer ≥ 1, got \"99999999999999999999\"");
        CHECK(message_of(bounded, "3") == "expected an integer from -2 to 2, got \"3\"");
        CHECK(message_of(duration, "100ms") ==
              "expected a duration from 200ms to 1m (such as 10s, 200ms or 1h30m), got \"100ms\"");
        CHECK(!message_of(duration, "1m1ns").empty());
        CHECK(!message_of(duration, "199999us").empty());
        CHECK(message_of(size, "2G") == "expected a size ≤ 1G (such as 50M, 64k or 1024), got \"2G\"");
        CHECK(message_of(choice, "Red") == "expected one of red, blue, got \"Red\"");
        CHECK(message_of(list, "a,,b") == "expected a list of texts, none of them empty, got \"\"");
        CHECK(message_of(some, "red,green") == "expected a list of any of red, blue, got \"green\"");
        CHECK(message_of(records, "x") == "expected a sequence of mappings, got \"x\"");
    }
    SECTION("a message shows no secret, no control character, and no endless value") {
        CHECK(message_of(secret, "hunter2") == "expected an integer");
        CHECK(message_of(integer, "a\nb\x1b[31m") == "expected an integer ≥ 1, got \"a\\nb\\x1b[31m\"");
        CHECK(message_of(integer, std::string(100'000, 'x')).size() < 200);
    }
}

TEST_CASE("records are read from JSON in one line, and from JSON values") {
    static constexpr auto inner = std::to_array<Option>(
        {{.name = "action", .type = Type::text, .fallback = "", .doc = "-", .required = true},
         {.name = "path", .type = Type::text, .fallback = "all", .doc = "-"}});
    static constexpr auto fields = std::to_array<Option>({
        {.name = "user", .type = Type::text, .fallback = "", .doc = "-"},
        {.name = "pass", .type = Type::text, .fallback = "", .doc = "-", .secret = true},
        {.name = "port", .type = Type::integer, .fallback = "1", .doc = "-", .minimum = 1},
        {.name = "on", .type = Type::boolean, .fallback = "no", .doc = "-"},
        {.name = "ips", .type = Type::list, .fallback = "", .doc = "-"},
        {.name = "may", .type = Type::records, .fallback = "", .doc = "-", .fields = inner},
    });
    constexpr Option option = {
        .name = "users", .type = Type::records, .fallback = "", .doc = "-", .fields = fields};

    const auto value = parse_option(
        option, R"([{"user":"bob","port":8,"on":true,"ips":["a","b"],"may":[{"action":"read"}]},{}])");
    REQUIRE(value);
    const auto& records = std::get<Options::Records>(*value);
    REQUIRE(records.size() == 2);
    CHECK(records[0].text("user") == "bob");
    CHECK(records[0].integer("port") == 8);
    CHECK(records[0].boolean("on"));
    CHECK(records[0].list("ips") == std::vector<std::string>{"a", "b"});
    REQUIRE(records[0].records("may").size() == 1);
    CHECK(records[0].records("may")[0].text("action") == "read");
    CHECK(records[0].records("may")[0].text("path") == "all");
    CHECK(records[1] == Options::defaults(fields));

    CHECK(message_of(option, "[]").empty());
    CHECK(message_of(option, R"([{"user":7,"ips":"a,b","may":null}])").empty());
    CHECK(message_of(option, R"([{"pass":"hunter2)").find("hunter2") == std::string::npos);
    struct Case {
        std::string_view text, message;
    };
    constexpr auto cases = std::to_array<Case>({
        {R"([1])", "[0]: expected an object, got a single value"},
        {R"([{},{"usr":"x"}])", "[1]: \"usr\" is not a known key"},
        {R"([{"port":0}])", "[0].port: expected an integer ≥ 1, got \"0\""},
        {R"([{"port":{}}])", "[0].port: expected an integer ≥ 1, got an object"},
        {R"([{"on":"x"}])", "[0].on: expected yes or no, got \"x\""},
        {R"([{"ips":[[]]}])", "[0].ips: expected a list of texts, none of them empty, got an array in it"},
        {R"([{"may":"x"}])", "[0].may: expected a sequence of mappings, got a single value"},
        {R"([{"may":[{"action":"a"},{}]}])", "[0].may[1].action: is required"},
        {R"([{"pass":[]}])", "[0].pass: expected a text, got an array"},
    });
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(message_of(option, c.text) == c.message);
    }
}

TEST_CASE("options are complete and compared by value") {
    static constexpr auto fields =
        std::to_array<Option>({{.name = "url", .type = Type::text, .fallback = "x", .doc = "-"}});
    static constexpr auto table = std::to_array<Option>({
        {.name = "flag", .type = Type::boolean, .fallback = "yes", .doc = "-"},
        {.name = "count", .type = Type::integer, .fallback = "3", .doc = "-"},
        {.name = "bytes", .type = Type::size, .fallback = "1k", .doc = "-"},
        {.name = "wait", .type = Type::duration, .fallback = "2s", .doc = "-"},
        {.name = "name", .type = Type::text, .fallback = "n", .doc = "-"},
        {.name = "hosts", .type = Type::list, .fallback = "a,b", .doc = "-"},
        {.name = "servers", .type = Type::records, .fallback = "", .doc = "-", .fields = fields},
        {.name = "must", .type = Type::integer, .fallback = "", .doc = "-", .required = true},
    });
    Options options = Options::defaults(table);
    CHECK(options.boolean("flag"));
    CHECK(options.integer("count") == 3);
    CHECK(options.integer("bytes") == 1024);
    CHECK(options.duration("wait") == 2s);
    CHECK(options.text("name") == "n");
    CHECK(options.list("hosts") == std::vector<std::string>{"a", "b"});
    CHECK(options.records("servers").empty());
    CHECK_FALSE(options.contains("must"));
    CHECK_FALSE(options.contains("other"));

    const Options before = options;
    CHECK(options == before);
    options.set("servers", Options::Records{Options::defaults(fields)});
    CHECK_FALSE(options == before);
    CHECK(options.records("servers")[0].text("url") == "x");
}

TEST_CASE("keys are the module's id and the option's name") {
    CHECK(option_key("hls", "segmentCount") == "hlsSegmentCount");
    CHECK(option_key("webrtc", "iceServers2") == "webrtcIceServers2");
}
