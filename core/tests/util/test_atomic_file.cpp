#include "catch.hpp"
#include "util/atomic_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>

using namespace rill;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "rill-atomic-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }

    std::string file() const { return path / "file"; }
    std::string text() const {
        std::ifstream stream(file());
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }

    fs::path path;
};

}  // namespace

TEST_CASE("a file is the old one until the new one takes its place") {
    const Folder folder;
    std::ofstream(folder.file()) << "old";
    {
        auto given_up = AtomicFile::write(folder.file(), "never");
        REQUIRE(given_up);
        CHECK(folder.text() == "old");
        CHECK(folder.files() == 2);
    }
    CHECK(folder.files() == 1);
    CHECK(folder.text() == "old");
    auto written = AtomicFile::write(folder.file(), "new");
    REQUIRE(written);
    std::optional<AtomicFile> moved(std::move(*written));
    REQUIRE(moved->put_in_place());
    moved.reset();
    CHECK(folder.text() == "new");
    CHECK(folder.files() == 1);
}

TEST_CASE("nobody else may read what was written, also over what a killed process left") {
    const Folder folder;
    std::ofstream(folder.file() + ".new") << "a longer text that was left half done";
    REQUIRE(::chmod((folder.file() + ".new").c_str(), 0666) == 0);
    auto written = AtomicFile::write(folder.file(), "new");
    REQUIRE(written);
    REQUIRE(written->put_in_place());
    CHECK(folder.text() == "new");
    CHECK(fs::status(folder.file()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("what cannot be written says so") {
    const Folder folder;
    const auto written = AtomicFile::write(folder.path / "none" / "file", "x");
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Code::unavailable);
    CHECK(written.error().message.find("none/file.new: No such file or directory") != std::string::npos);
    // A link that somebody put there is not followed.
    fs::create_symlink(folder.path / "elsewhere", folder.file() + ".new");
    CHECK_FALSE(AtomicFile::write(folder.file(), "x"));
    CHECK_FALSE(fs::exists(folder.path / "elsewhere"));
}
