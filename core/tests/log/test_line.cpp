#include "catch.hpp"
#include "log/line.hpp"
#include "util/escape.hpp"

#include <rill/ref.hpp>

#include <json-glib/json-glib.h>

#include <cstdlib>
#include <ctime>

using namespace rill;

namespace {

/// 2026-01-08 10:00:01.25 UTC, told in a time zone of our own.
struct Moment {
    explicit Moment(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    ~Moment() {
        ::unsetenv("TZ");
        ::tzset();
    }
    std::chrono::system_clock::time_point time{std::chrono::milliseconds(1'767'866'401'250)};
};

std::string line_of(const Moment& moment, LogLevel level, bool structured, std::string_view scope,
                    std::string_view message) {
    return log_line(level, structured, moment.time, log_text(scope, message));
}

std::string member(const std::string& json, const char* name) {
    const auto parser = Ref<JsonParser>::adopt(json_parser_new());
    REQUIRE(json_parser_load_from_data(parser.get(), json.data(), static_cast<gssize>(json.size()), nullptr));
    return json_object_get_string_member(json_node_get_object(json_parser_get_root(parser.get())), name);
}

}  // namespace

TEST_CASE("lines are in the plain format") {
    const Moment moment("UTC");
    CHECK(line_of(moment, LogLevel::info, false, "[path cam1] ", "started") ==
          "2026/01/08 10:00:01 INF [path cam1] started\n");
    CHECK(line_of(moment, LogLevel::error, false, "", "x") == "2026/01/08 10:00:01 ERR x\n");
    CHECK(line_of(moment, LogLevel::warning, false, "", "x") == "2026/01/08 10:00:01 WAR x\n");
    CHECK(line_of(moment, LogLevel::debug, false, "", "x") == "2026/01/08 10:00:01 DEB x\n");
}

TEST_CASE("lines are in local time") {
    const Moment moment("IST-5:30");
    CHECK(line_of(moment, LogLevel::info, false, "", "x") == "2026/01/08 15:30:01 INF x\n");
    CHECK(line_of(moment, LogLevel::info, true, "", "x") ==
          "{\"timestamp\":\"2026-01-08T15:30:01.250000000+05:30\",\"level\":\"INF\",\"message\":\"x\"}\n");
}

TEST_CASE("nobody can forge a line") {
    const Moment moment("UTC");
    CHECK(line_of(moment, LogLevel::info, false, "", "a\n2026/01/08 10:00:01 ERR b\r\t\x1b[2J\x7f\xc2\x9b") ==
          "2026/01/08 10:00:01 INF a\\n2026/01/08 10:00:01 ERR b\\r\\t\\x1b[2J\\x7f\\x9b\n");
    CHECK(line_of(moment, LogLevel::info, false, "", "\xff\xc3(ä") ==
          "2026/01/08 10:00:01 INF \\xff\\xc3(ä\n");
    CHECK(line_of(moment, LogLevel::info, false, "", std::string_view("a\0b", 3)) ==
          "2026/01/08 10:00:01 INF a\\x00b\n");
}

TEST_CASE("a JSON line is one object, whatever the message") {
    const Moment moment("UTC");
    const std::string message = "q\" b\\ n\n e\x1b ä";
    const std::string line = line_of(moment, LogLevel::warning, true, "[s] ", message);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(member(line, "message") == "[s] " + message);
    CHECK(member(line, "level") == "WAR");
    CHECK(member(line, "timestamp") == "2026-01-08T10:00:01.250000000+00:00");
    CHECK(member(line_of(moment, LogLevel::info, true, "", "\xff"), "message") == "\xef\xbf\xbd");
}

TEST_CASE("lines show no credentials") {
    const Moment moment("UTC");
    CHECK(line_of(moment, LogLevel::info, false, "", "to rtsp://u:p@h.x/1") ==
          "2026/01/08 10:00:01 INF to rtsp://***@h.x/1\n");
}

TEST_CASE("a line fits into a pipe in one piece") {
    const Moment moment("UTC");
    for (const char* unit : {"x", "ä", "\n", "\"", "\x01", "\xff"}) {
        for (const bool structured : {false, true}) {
            std::string message;
            for (int i = 0; i < 100'000; ++i)
                message += unit;
            const std::string line = line_of(moment, LogLevel::info, structured, "[s] ", message);
            CHECK(line.size() <= log_line_bytes);
            CHECK(line.size() > log_line_bytes - 16);
            CHECK(line.find("…") != std::string::npos);
            CHECK(line.back() == '\n');
            if (structured) CHECK(!member(line, "message").empty());
        }
    }
}

TEST_CASE("escaping keeps within its budget") {
    for (std::size_t budget = 0; budget < 12; ++budget) {
        std::string out = "start";
        append_escaped(out, "ab\ncdefghä", Notation::plain, budget);
        CHECK(out.size() <= 5 + budget);
    }
    std::string exact;
    append_escaped(exact, "abc", Notation::plain, 3);
    CHECK(exact == "abc");
}
