#include "catch.hpp"
#include "running.hpp"

#include <array>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

Json json(std::string_view text) {
    auto parsed = Json::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

constexpr std::string_view two_paths = R"(
httpAddress: 127.0.0.1:0
pathDefaults: {sourceOnDemand: yes}
paths:
  a: {source: "cam://joe:hunter2@h/a"}
  b: {source: "cam://h/b", maxReaders: 2}
)";

std::string message(const Result<>& result) {
    return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("a change is in force at once, over the file") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder);
    REQUIRE(running.problems.empty());
    Configuration& live = running.live;
    CHECK(live.path_names() == std::vector<std::string>{"a", "b"});
    CHECK((*live.path("a"))["source"] == Json("cam://***@h/a"));

    REQUIRE(live.add_path("c/d", json(R"({"source": "cam://h/c"})")));
    CHECK(live.path_names() == std::vector<std::string>{"a", "b", "c/d"});
    REQUIRE(live.patch_path("b", json(R"({"maxReaders": 7})")));
    CHECK(running.most_readers("b") == 7);
    CHECK(running.source("b") == "cam://h/b");
    REQUIRE(live.replace_path("b", json(R"({"source": "cam://h/other"})")));
    CHECK(running.most_readers("b") == 0);
    REQUIRE(live.patch_path("b", json(R"({"maxReaders": 8})")));
    CHECK(running.most_readers("b") == 8);
    REQUIRE(live.patch_path_defaults(json(R"({"maxReaders": 9, "camToken": "t"})")));
    CHECK(running.most_readers("a") == 9);
    CHECK(live.path_defaults()["camToken"] == Json("***"));
    REQUIRE(live.patch_global(json(R"({"readTimeout": "20s"})")));
    CHECK(live.global()["readTimeout"] == Json("20s"));
    REQUIRE(live.remove_path("c/d"));
    REQUIRE(live.remove_path("a"));
    CHECK(live.path_names() == std::vector<std::string>{"b"});
    CHECK(folder.read("rill.yml") == two_paths);
    CHECK_FALSE(fs::exists(folder.path / "rill.api.yml"));
}

TEST_CASE("what a client read and sends back changes nothing") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder);
    const config::Config before = running.daemon->config();
    const auto is_as_before = [&] {
        config::Config now = running.daemon->config();
        now.path_lines = before.path_lines;
        return now == before;
    };
    REQUIRE(running.live.patch_path("a", *running.live.path("a")));
    CHECK(is_as_before());
    REQUIRE(running.live.replace_path("a", *running.live.path("a")));
    CHECK(is_as_before());
    REQUIRE(running.live.patch_path_defaults(running.live.path_defaults()));
    CHECK(is_as_before());
    REQUIRE(running.live.patch_global(running.live.global()));
    CHECK(is_as_before());
    CHECK(running.source("a") == "cam://joe:hunter2@h/a");
}

TEST_CASE("a change that is wrong changes nothing, and says what is wrong") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder);
    Configuration& live = running.live;
    CHECK(message(live.patch_path("a", json(R"({"maxReaders": -1})"))) ==
          "paths.a.maxReaders: expected an integer from 0 to 2147483647, got \"-1\"");
    CHECK(message(live.patch_path("a", json(R"({"maxReader": 1})"))) ==
          "paths.a.maxReader: unknown key, did you mean maxReaders?");
    CHECK(message(live.add_path("c", json("{}"))) == "paths.c.source: is required");
    CHECK(message(live.add_path("c", json(R"({"source": "cam://h/refused"})"))) ==
          "paths.c: the module refuses it");
    CHECK(message(live.add_path("../c", json(R"({"source": "cam://h"})"))) ==
          "paths.../c: the name of a path cannot have the segment \"..\"");
    CHECK(message(live.patch_global(json(R"({"paths": {}})"))) == "paths: has requests of its own");
    CHECK(message(live.patch_global(json(R"({"apiPersist": true})"))) ==
          "apiPersist: can be set only in the file");
    CHECK(message(live.patch_global(json(R"({"logLevel": ["debug"]})")))
              .starts_with("logLevel: expected one of"));
    CHECK(message(live.patch_global(json("[]"))).starts_with("expected a JSON object"));
    CHECK(live.patch_global(json("7")).error().code == Code::invalid_config);
    CHECK(live.add_path("a", json("{}")).error().code == Code::conflict);
    CHECK(live.patch_path("c", json("{}")).error().code == Code::not_found);
    CHECK(live.remove_path("c").error().code == Code::not_found);
    CHECK(live.path("c").error().code == Code::not_found);
    // One that another one needs.
    REQUIRE(live.patch_path("a", json(R"({"substream": "b"})")));
    CHECK(message(live.remove_path("b")) == "paths.a.substream: there is no path \"b\"");
    CHECK(live.path_names() == std::vector<std::string>{"a", "b"});
    CHECK(running.most_readers("a") == 0);
    running.live.stop();
    CHECK(live.patch_global(json("{}")).error().code == Code::unavailable);
}

TEST_CASE("changes outlive changes of the file") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder);
    REQUIRE(running.live.patch_path("b", json(R"({"maxReaders": 7})")));
    REQUIRE(running.live.add_path("c", json(R"({"source": "cam://h/c"})")));
    REQUIRE(running.live.remove_path("a"));
    folder.write("rill.yml", std::string(two_paths) + "  d: {source: \"cam://h/d\"}\n");
    running.live.reload("test");
    CHECK(running.live.path_names() == std::vector<std::string>{"b", "d", "c"});
    CHECK(running.most_readers("b") == 7);
    folder.write("rill.yml", "pathz: {}\n");
    running.live.reload("test");
    CHECK(running.live.path_names() == std::vector<std::string>{"b", "d", "c"});
    // Changes go over the last file that was good.
    REQUIRE(running.live.patch_path("d", json(R"({"maxReaders": 1})")));
    CHECK(running.most_readers("d") == 1);
}

TEST_CASE("the environment stands above what is changed") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder, {{"RILL_PATHS_B_MAXREADERS", "5"}, {"RILL_PATHS_E_SOURCE", "cam://h/e"}});
    REQUIRE(running.live.patch_path("b", json(R"({"maxReaders": 7})")));
    CHECK(running.most_readers("b") == 5);
    CHECK(running.live.path_names() == std::vector<std::string>{"a", "b", "e"});
    for (const auto& refused : {running.live.remove_path("e"), running.live.patch_path("e", json("{}"))}) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::conflict);
        CHECK(refused.error().message.find("(RILL_PATHS_E_…)") != std::string::npos);
    }
}

TEST_CASE("with apiPersist, changes are there at the next start") {
    const Folder folder;
    folder.write("rill.yml", "apiPersist: yes\n" + std::string(two_paths));
    {
        Running running(folder);
        REQUIRE(running.problems.empty());
        REQUIRE(running.live.add_path("c", json(R"({"source": "cam://u:secret@h/c"})")));
        REQUIRE(running.live.remove_path("a"));
        REQUIRE(running.live.patch_global(json(R"({"apiPersist": true, "readTimeout": "20s"})")));
        const std::string kept = folder.read("rill.api.yml");
        REQUIRE_FALSE(running.live.patch_path("c", json(R"({"maxReaders": "x"})")));
        CHECK(folder.read("rill.api.yml") == kept);
        CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 2);
        CHECK(fs::status(folder.path / "rill.api.yml").permissions() ==
              (fs::perms::owner_read | fs::perms::owner_write));
    }
    {
        Running running(folder);
        REQUIRE(running.problems.empty());
        CHECK(running.live.path_names() == std::vector<std::string>{"b", "c"});
        CHECK(running.source("c") == "cam://u:secret@h/c");
        CHECK(running.live.global()["readTimeout"] == Json("20s"));
        // By hand, and read with the file.
        folder.write("rill.api.yml", "ownPaths: {z: {source: \"cam://h/z\"}}\n");
        running.live.reload("test");
        CHECK(running.live.path_names() == std::vector<std::string>{"a", "b", "z"});
        folder.write("rill.api.yml", "ownPaths: {z: {source: \"gopher://h/z\"}}\n");
        running.live.reload("test");
        CHECK(running.live.path_names() == std::vector<std::string>{"a", "b", "z"});
        fs::remove(folder.path / "rill.api.yml");
        running.live.reload("test");
        CHECK(running.live.path_names() == std::vector<std::string>{"a", "b"});
    }
    folder.write("rill.api.yml", "ownPaths: [\n");
    const std::string file = (folder.path / "rill.api.yml").string();
    Running broken(folder);
    REQUIRE(broken.problems.size() == 1);
    CHECK(broken.problems[0].starts_with(file + ":2:1: "));
    folder.write("rill.api.yml", "ownPaths: {z: {source: \"gopher://h/z\"}}\n");
    Running wrong(folder);
    REQUIRE(wrong.problems.size() == 1);
    CHECK(wrong.problems[0].starts_with(file + ": paths.z.source: needs a source module"));
}

TEST_CASE("what cannot be kept is not put in force") {
    const Folder folder;
    folder.write("rill.yml", "apiPersist: yes\n" + std::string(two_paths));
    Running running(folder);
    fs::create_directory(folder.path / "rill.api.yml.new");
    const auto refused = running.live.remove_path("a");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.find("rill.api.yml.new") != std::string::npos);
    CHECK(running.live.path_names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("where a warning is a problem, it is one of a change, too") {
    const Folder folder;
    folder.write("rill.yml", two_paths);
    Running running(folder, {}, true);
    REQUIRE(running.problems.empty());
    const auto refused = running.live.patch_global(json(R"({"rtmpAddress": ":1935"})"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("rtmpAddress") != std::string::npos);
}
