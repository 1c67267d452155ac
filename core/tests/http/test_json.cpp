#include "catch.hpp"

#include <rill/json.hpp>

#include <cmath>
#include <limits>

using rill::Json;

namespace {

std::string again(std::string_view text) {
    const auto json = Json::parse(text);
    return json ? json->dump() : "refused: " + json.error().message;
}

bool refused(std::string_view text) {
    return !Json::parse(text);
}

}  // namespace

TEST_CASE("JSON is written", "[json]") {
    const Json json = Json::object()
                          .set("id", "cam1")
                          .set("readers", Json::array().append(1).append(2.5).append(nullptr))
                          .set("ready", true)
                          .set("bytes", std::uint64_t{12345678901234})
                          .set("id", std::string("cam2"));
    CHECK(json.dump() == R"({"id":"cam2","readers":[1,2.5,null],"ready":true,"bytes":12345678901234})");
    CHECK(Json().dump() == "null");
    CHECK(Json::object().dump() == "{}");
    CHECK(Json::array().dump() == "[]");
    CHECK(Json(std::numeric_limits<std::int64_t>::min()).dump() == "-9223372036854775808");
    CHECK(Json(std::numeric_limits<std::uint64_t>::max()).number() == 18446744073709551615.0);
}

TEST_CASE("whatever is put in, the document is valid", "[json]") {
    using namespace std::string_view_literals;
    CHECK(Json("a\"b\\c\n\t\x01"sv).dump() == R"("a\"b\\c\n\t\u0001")");
    CHECK(Json("a\0b"sv).dump() == R"("a\u0000b")");
    CHECK(Json("\xff\xc3(\xed\xa0\x80"sv).dump() ==
          "\"\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK(Json::object().set("\xff", 1).dump() == "{\"\xef\xbf\xbd\":1}");
    CHECK(Json(std::nan("")).dump() == "null");
    CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
    for (const double number : {0.0, -0.0, 1.0, 0.1, 1e300, 1e-300, 123456789.0, 1e20, -2.5e-7}) {
        INFO(number);
        CHECK(Json::parse(Json(number).dump())->number() == number);
        CHECK_FALSE(Json::parse(Json(number).dump())->integer());
    }
}

TEST_CASE("JSON is read", "[json]") {
    const auto json =
        Json::parse(R"( {"a":{"b":[1,-2,3.5,"x",true,false,null]},"n":9223372036854775807,"a":{"b":[0]}} )");
    REQUIRE(json);
    CHECK((*json)["n"].integer() == 9223372036854775807);
    CHECK((*json)["a"]["b"].items().size() == 1);
    CHECK((*json)["a"]["missing"]["deeper"].is_null());
    CHECK((*json).contains("n"));
    CHECK_FALSE((*json).contains("m"));
    CHECK((*json)["n"].text() == std::nullopt);
    CHECK((*json)["a"].integer() == std::nullopt);

    CHECK(again(R"(["\u00e4\ud83d\ude00\"\\\/\b\f\n\r\t"])") ==
          "[\"\xc3\xa4\xf0\x9f\x98\x80\\\"\\\\/\\u0008\\u000c\\n\\r\\t\"]");
    CHECK(again(R"(["a\u0000b"])") == R"(["a\u0000b"])");
    CHECK(again(R"(["\ud800", "\udc00x", "\ud800\u0041"])") ==
          "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\",\"\xef\xbf\xbd"
          "A\"]");
    CHECK(again("1") == "1");
    CHECK(again("-0.5e+3") == "-500.0");
    CHECK(again("99999999999999999999") == "1e+20");
}

TEST_CASE("what is no JSON is refused", "[json]") {
    for (const char* text : {"",
                             " ",
                             "{",
                             "[",
                             "[1",
                             "[1,",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "{\"a\"",
                             "{\"a\":",
                             "{\"a\":1",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "['a']",
                             "{\"a\" 1}",
                             "[01]",
                             "[-01]",
                             "[0x10]",
                             "[1.]",
                             "[.5]",
                             "[-]",
                             "[+1]",
                             "[- 1]",
                             "[1e]",
                             "[1e400]",
                             "var x = [1]",
                             "// c\n[1]",
                             "[1] [2]",
                             "[1] x",
                             "nul",
                             "True",
                             "NaN",
                             "[Infinity]",
                             "\"abc",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"\\",
                             "\"\\ud800\\u\"",
                             "\"a\nb\"",
                             "\"a\tb\"",
                             "[\"\xff\"]",
                             "\xef\xbb\xbf[1]"}) {
        INFO(text);
        CHECK(refused(text));
    }
    CHECK(refused(std::string_view("[1]\0", 4)));
    CHECK(refused(std::string_view("\0", 1)));
    CHECK(Json::parse("{\n\"a\": 1,\n}").error().message ==
          "JSON, line 3: a member begins with its name in double quotes");
}

TEST_CASE("nesting is limited", "[json]") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(Json::parse(nested(Json::depth_limit)));
    CHECK(refused(nested(Json::depth_limit + 2)));
    CHECK(refused(std::string(1000000, '[')));
    std::string objects;
    for (int depth = 0; depth < 100000; ++depth)
        objects += "{\"a\":";
    CHECK(refused(objects));
}

TEST_CASE("an object of many members is read in reasonable time", "[json]") {
    std::string text = "{";
    for (int member = 0; member < 50000; ++member)
        text += "\"" + std::to_string(member) + "\":1,";
    const auto json = Json::parse(text + "\"last\":2}");
    REQUIRE(json);
    CHECK(json->members().size() == 50001);
}
