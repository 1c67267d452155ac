// Values that come from outside, and that want to be more than values.
#include "hooks/event_command.hpp"
#include "workshop.hpp"

using namespace rill;
using namespace rill::hooks;
using namespace rill::hooks::test;

namespace {

const std::vector<std::string>& hostile_values() {
    static const std::vector<std::string> values{
        "$(touch TRAP)",
        "`touch TRAP`",
        "'; touch TRAP; '",
        "\"; touch TRAP; \"",
        "x; touch TRAP #",
        "x && touch TRAP",
        "x | touch TRAP",
        "x\ntouch TRAP\n",
        "${IFS}$(touch${IFS}TRAP)",
        "\\\"; touch TRAP; \\\"",
        "-c",
        "* ? ~ [a-z]",
        " leading and trailing ",
        "\xff\xfe\x1b[2J",
        std::string(65'536, 'a'),
    };
    return values;
}

/// Runs `text` once with MTX_READER_ID set to `value`, until it is over.
void run(Workshop& workshop, const std::string& text, const std::string& value) {
    Environment environment;
    environment.set("MTX_READER_ID", value);
    workshop.on_loop([&] {
        EventCommand(workshop.site(), {"runOnRead", command_line(text)}).run(environment);
    });
    REQUIRE(await([&] { return workshop.idle(); }));
}

}  // namespace

TEST_CASE("a hostile value is one argument or one variable, unchanged, and never a command") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", "printf '%s %s' $# \"$1\" >$FOLDER/seen");
    const std::string seen = workshop.folder.path("seen");
    for (std::string value : hostile_values()) {
        for (auto at = value.find("TRAP"); at != std::string::npos; at = value.find("TRAP", at + 1))
            value.replace(at, 4, workshop.folder.path("trap"));
        INFO(value.substr(0, 100));
        run(workshop, script + " $MTX_READER_ID", value);
        CHECK(workshop.folder.read("seen") == "1 " + value);
        run(workshop, script + " \"$RILL_READER_ID\"", value);
        CHECK(workshop.folder.read("seen") == "1 " + value);
        run(workshop, "sh -c 'printf %s \"$MTX_READER_ID\" >" + seen + "'", value);
        CHECK(workshop.folder.read("seen") == value);
        // Even where the shell's own quotes were forgotten, it only splits what it finds.
        run(workshop, "sh -c 'echo $MTX_READER_ID >" + seen + "'", value);
        run(workshop, "env sh -c \"echo $MTX_READER_ID '$MTX_READER_ID' >" + seen + "\"", value);
        CHECK_FALSE(workshop.folder.has("trap"));
    }
}

TEST_CASE("a NUL does not hide what follows it") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", "printf %s \"$MTX_READER_ID\" >$FOLDER/seen");
    run(workshop, script, std::string("a\0b", 3));
    CHECK(workshop.folder.read("seen") ==
          "a\xef\xbf\xbd"
          "b");
}

TEST_CASE("no value is too long for a command to run") {
    Workshop workshop;
    const auto script = workshop.folder.script("hook", "printf %s \"$MTX_READER_ID\" | wc -c >$FOLDER/seen");
    run(workshop, script + " $MTX_READER_ID", std::string(1u << 20, 'a'));
    CHECK(workshop.folder.read("seen") == "65536\n");
}
