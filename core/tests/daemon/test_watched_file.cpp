#include "../http/harness.hpp"
#include "catch.hpp"
#include "daemon/watched_file.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace rill;
namespace fs = std::filesystem;

namespace {

/// A file in a folder of its own, watched from the main context.
class Watched {
  public:
    Watched() {
        std::string pattern = (fs::temp_directory_path() / "rill-watched-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        write("file", "one");
    }
    ~Watched() { fs::remove_all(folder); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name, std::ios::trunc) << text;
    }
    void watch() {
        watched.emplace((folder / "file").string(), identity_of((folder / "file").string()), loop,
                        [this] { ++changes; });
    }
    bool told(int times) {
        return http::test::Harness::until([&] { return changes == times; });
    }

    fs::path folder;
    int changes = 0;
    Loop loop{Ref<GMainContext>::retain(g_main_context_default())};
    std::optional<WatchedFile> watched;
};

}  // namespace

TEST_CASE("a file that becomes another one is told, once") {
    Watched file;
    SECTION("it is written") {
        file.watch();
        file.write("file", "three");
        CHECK(file.told(1));
        file.write("file", "four!");
        CHECK(file.told(2));
    }
    SECTION("another file takes its name") {
        file.watch();
        file.write("beside", "two");
        fs::rename(file.folder / "beside", file.folder / "file");
        CHECK(file.told(1));
    }
    SECTION("it is a link, whose target's link changes, as container systems do it") {
        fs::remove(file.folder / "file");
        for (const char* version : {"v1", "v2"}) {
            fs::create_directory(file.folder / version);
            file.write(std::string(version) + "/file", version);
        }
        fs::create_directory_symlink("v1", file.folder / "data");
        fs::create_symlink("data/file", file.folder / "file");
        file.watch();
        fs::create_directory_symlink("v2", file.folder / "data.new");
        fs::rename(file.folder / "data.new", file.folder / "data");
        CHECK(file.told(1));
    }
    SECTION("it goes, and comes back") {
        file.watch();
        fs::remove(file.folder / "file");
        file.write("file", "back again");
        CHECK(file.told(1));
    }
    SECTION("it was changed between reading and watching") {
        const auto known = identity_of((file.folder / "file").string());
        file.write("file", "changed since");
        file.watched.emplace((file.folder / "file").string(), known, file.loop, [&file] { ++file.changes; });
        CHECK(file.told(1));
    }
}
