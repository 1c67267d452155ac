#include "catch.hpp"
#include "hooks/command_line.hpp"

#include <cstdlib>
#include <vector>

using namespace rill;
using namespace rill::hooks;

namespace {

using Arguments = std::vector<std::string>;

Environment sample() {
    Environment environment;
    environment.set("MTX_PATH", "site/door 2").set("RTSP_PORT", "8554").set("G1", "door");
    return environment;
}

Arguments split(const std::string& text) {
    const auto line = CommandLine::parse(text);
    INFO(text);
    REQUIRE(line);
    return line->arguments(sample());
}

std::string error_of(const std::string& text) {
    const auto line = CommandLine::parse(text);
    INFO(text);
    REQUIRE_FALSE(line);
    CHECK(line.error().code == Code::invalid_config);
    return line.error().message;
}

}  // namespace

TEST_CASE("a command is split as a shell would split it") {
    CHECK(split("ls") == Arguments{"ls"});
    CHECK(split("  ls \t -l\n /tmp  ") == Arguments{"ls", "-l", "/tmp"});
    CHECK(split(R"(echo 'a "b" \n c' "d 'e'")") == Arguments{"echo", R"(a "b" \n c)", "d 'e'"});
    CHECK(split(R"(echo a'b c'"d e"f)") == Arguments{"echo", "ab cd ef"});
    CHECK(split(R"(echo '' "")") == Arguments{"echo", "", ""});
    CHECK(split(R"(echo a\ b \\ \' "\"\\\x")") == Arguments{"echo", "a b", "\\", "'", R"("\\x)"});
    CHECK(split("echo a\\\nb \"c\\\nd\" \\\n e") == Arguments{"echo", "ab", "cd", "e"});
    CHECK(split("echo a|b >c; d && e # f *") ==
          Arguments{"echo", "a|b", ">c;", "d", "&&", "e", "#", "f", "*"});
}

TEST_CASE("variables are filled in, and never make two arguments of one") {
    CHECK(split("play rtsp://localhost:$RTSP_PORT/$MTX_PATH") ==
          Arguments{"play", "rtsp://localhost:8554/site/door 2"});
    CHECK(split("play ${G1}s '$G1' \"$G1\" $RILL_PATH") ==
          Arguments{"play", "doors", "door", "door", "site/door 2"});
    CHECK(split("$G1 -x") == Arguments{"door", "-x"});
    CHECK(split("play $RILL_NO_SUCH_VARIABLE x") == Arguments{"play", "", "x"});
    CHECK(split(R"(awk '{print $1 $}' \$G1 "\$G1" $ $$)") ==
          Arguments{"awk", "{print $1 $}", "$G1", "$G1", "$", "$$"});
    ::setenv("RILL_TEST_INHERITED", "from outside", 1);
    CHECK(split("play $RILL_TEST_INHERITED") == Arguments{"play", "from outside"});
}

TEST_CASE("a value is text, whatever it looks like") {
    Environment environment;
    environment.set("MTX_QUERY", "$G1 ${G1} \\ ' \" `id` $(id)").set("G1", "x");
    const auto line = CommandLine::parse("play \"$MTX_QUERY\"");
    REQUIRE(line);
    CHECK(line->arguments(environment) == Arguments{"play", "$G1 ${G1} \\ ' \" `id` $(id)"});
}

TEST_CASE("what a shell reads is left to the shell") {
    const std::string script = "echo $MTX_PATH ${X:-y}";
    const std::vector<Arguments> starts{
        {"sh", "-c"},
        {"/bin/bash", "-ec"},
        {"sh", "-e", "-c"},
        {"bash", "-o", "pipefail", "-c"},
        {"bash", "-c", "-o", "pipefail"},
        {"bash", "-euo", "pipefail", "-c", "--"},
        {"bash", "-c", "-"},
        {"bash", "--norc", "--rcfile", "rc", "+x", "-c"},
        {"zsh", "--emulate", "sh", "-c"},
        {"env", "nice", "-n", "5", "/usr/bin/dash", "-c"},
        {"$SHELL", "-c"},
        {"busybox", "sh", "-c"},
        {"fish", "-C", "true", "--command"},
    };
    for (const Arguments& start : starts) {
        std::string text;
        for (const std::string& word : start)
            text += word + " ";
        INFO(text);
        CHECK(split(text + "'" + script + "'").back() == script);
    }
    CHECK(split("sh -c 'echo \"$1\" $MTX_PATH' name $G1") ==
          Arguments{"sh", "-c", "echo \"$1\" $MTX_PATH", "name", "door"});
    CHECK(split("sh hook.sh -c $G1") == Arguments{"sh", "hook.sh", "-c", "door"});
    CHECK(split("tar -c $G1") == Arguments{"tar", "-c", "door"});
}

TEST_CASE("a command that cannot be read is refused with the position") {
    CHECK(error_of("").find("no program") != std::string::npos);
    CHECK(error_of(" \t").find("no program") != std::string::npos);
    CHECK(error_of("'' x").find("no program") != std::string::npos);
    CHECK(error_of("echo 'a").find("single quotation mark at character 6") != std::string::npos);
    CHECK(error_of("echo a \"b'").find("double quotation mark at character 8") != std::string::npos);
    CHECK(error_of("écho ä\\").find("backslash at character 7") != std::string::npos);
    CHECK(error_of("echo ${").find("character 6") != std::string::npos);
    CHECK(error_of("echo \\$ ${}").find("character 9") != std::string::npos);
    CHECK(error_of("echo ${G1:-x}").find("character 6") != std::string::npos);
    CHECK(error_of("echo ${1}").find("character 6") != std::string::npos);
    CHECK(error_of(std::string("echo\0x", 6)).find("NUL at byte 5") != std::string::npos);
}

TEST_CASE("no text crashes the reading of commands") {
    const std::string alphabet = "$ {}G1'\"\\\n-csho \xc3";
    std::uint32_t random = 1;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::uint32_t length = random % 24; length > 0; --length) {
            random = random * 1664525 + 1013904223;
            text += alphabet[(random >> 16) % alphabet.size()];
        }
        random = random * 1664525 + 1013904223;
        const auto line = CommandLine::parse(text);
        if (line && line->arguments(sample()).empty()) FAIL(text);
    }
}
