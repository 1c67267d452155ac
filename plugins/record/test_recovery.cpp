// What the program finds on the disk when it starts.
#include "recorded_bytes.hpp"
#include "recovery.hpp"
#include "removal.hpp"
#include "testing.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;

namespace fs = std::filesystem;

namespace {

FilePattern pattern_in(const fs::path& root, const std::string& rest = "%path/%s-%f") {
    return need(FilePattern::parse((root / rest).string()));
}

/// "cam1/1767866400-000000.mp4" for 0.
std::string name_of(std::int64_t at, const std::string& path = "cam1") {
    return fmt::format("{}/{}-000000.mp4", path, morning / second + at);
}

Segment begun(std::int64_t at, const RecordedBytes& bytes, const std::string& path = "cam1") {
    Segment segment = ten_seconds(at, path);
    segment.file = name_of(at, path);
    segment.codecs = "ulaw";
    segment.init_bytes = static_cast<std::uint32_t>(bytes.init.size());
    segment.parts.clear();
    return segment;
}

RecoveryReport run(Recovery recovery) {
    for (int i = 0; recovery.step(); ++i)
        REQUIRE(i < 10'000);
    CHECK_FALSE(recovery.step());
    return recovery.report();
}

RecoveryReport recover(Index& index, const Folder& folder, bool rebuild = false,
                       std::vector<FilePattern> patterns = {}) {
    if (patterns.empty()) patterns.push_back(pattern_in(folder.path()));
    auto report = run(need(Recovery::begin(index, folder.path(), patterns, rebuild, Log("test"))));
    CHECK_FALSE(report.failure);
    return report;
}

/// Header of a box that says it is larger than the file.
std::string torn_part(const std::string& type = "free") {
    return std::string("\0\1\0\0", 4) + type + std::string(1000, 'x');
}

/// Not root, who may do everything.
class Nobody {
  public:
    explicit Nobody(const fs::path& folder) {
        if (::geteuid() != 0) return;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            REQUIRE(::lchown(entry.path().c_str(), 65534, 65534) == 0);
        REQUIRE(::chown(folder.c_str(), 65534, 65534) == 0);
        REQUIRE(::seteuid(65534) == 0);
    }
    Nobody(const Nobody&) = delete;
    Nobody& operator=(const Nobody&) = delete;
    ~Nobody() { static_cast<void>(::seteuid(::getuid())); }
};

}  // namespace

TEST_CASE("what was being written at a crash is finished, its torn end cut off") {
    const Folder folder;
    Index index = open(folder);
    const RecordedBytes bytes = recorded({sound("ulaw")}, 3);
    need(index.begin_segment(begun(0, bytes)));
    need(index.begin_segment(begun(0, bytes, "cam2")));
    need(index.begin_segment(begun(0, bytes, "cam3")));
    write_file(folder.path() / name_of(0), bytes.whole());
    write_file(folder.path() / name_of(0, "cam2"), bytes.whole() + torn_part());
    write_file(folder.path() / name_of(0, "cam3"),
               bytes.init + bytes.parts[0] + bytes.parts[1].substr(0, 100));

    const auto report = recover(index, folder);
    CHECK(report.finished == 3);
    CHECK(report.cut == 2);
    CHECK(report.discarded == 0);
    CHECK(report.unreadable == 0);
    CHECK(need(index.unfinished()).empty());
    CHECK(spans(index, "cam1") == "0-3");
    CHECK(spans(index, "cam2") == "0-3");
    CHECK(spans(index, "cam3") == "0-1");
    CHECK(read_file(folder.path() / name_of(0, "cam1")) == bytes.whole());
    CHECK(read_file(folder.path() / name_of(0, "cam2")) == bytes.whole());
    CHECK(read_file(folder.path() / name_of(0, "cam3")) == bytes.init + bytes.parts[0]);
    const auto segment = need(index.find_file(name_of(0, "cam2")));
    REQUIRE(segment);
    CHECK(segment->bytes == bytes.whole().size());
    CHECK(segment->init_bytes == bytes.init.size());
    const auto parts = need(index.parts(segment->id));
    REQUIRE(parts.size() == 3);
    CHECK(parts[1] == Part{1'000'000, static_cast<std::uint32_t>(bytes.parts[1].size()), true});
}

TEST_CASE("what a crash has left without a part goes") {
    const Folder folder;
    Index index = open(folder);
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    for (int i = 0; i < 5; ++i)
        need(index.begin_segment(begun(0, bytes, fmt::format("cam{}", i))));
    write_file(folder.path() / name_of(0, "cam0"), bytes.init);
    write_file(folder.path() / name_of(0, "cam1"), std::string(4096, '\0'));
    write_file(folder.path() / name_of(0, "cam2"), "");
    write_file(folder.path() / (name_of(0, "cam3") + ".part"), bytes.init);
    write_file(folder.path() / "cam0/notes.txt", "mine");

    const auto report = recover(index, folder);
    CHECK(report.discarded == 5);
    CHECK(report.finished == 0);
    CHECK(need(index.unfinished()).empty());
    CHECK(need(index.totals()) == Totals{});
    CHECK(read_file(folder.path() / "cam0/notes.txt") == "mine");
    CHECK_FALSE(fs::exists(folder.path() / name_of(0, "cam0")));
    for (const char* path : {"cam1", "cam2", "cam3"})
        CHECK_FALSE(fs::exists(folder.path() / path));
}

TEST_CASE("what cannot be read is neither cut nor deleted") {
    const Folder folder;
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    const std::string torn = bytes.whole() + torn_part();
    {
        Index index = open(folder);
        need(index.begin_segment(begun(0, bytes)));
        need(index.begin_segment(begun(10, bytes)));
        need(index.begin_segment(begun(20, bytes)));
    }
    write_file(folder.path() / name_of(0), torn);
    REQUIRE(::chmod((folder.path() / name_of(0)).c_str(), 0) == 0);
    fs::create_directories(folder.path() / name_of(10));
    fs::create_symlink("elsewhere", folder.path() / name_of(20));
    {
        const Nobody nobody(folder.path());
        Index index = open(folder);
        const auto report = recover(index, folder);
        CHECK(report.finished + report.cut + report.discarded == 0);
        CHECK(report.unreadable == 3);
        CHECK(need(index.unfinished()).size() == 3);
    }
    CHECK(fs::is_directory(folder.path() / name_of(10)));
    CHECK(fs::is_symlink(folder.path() / name_of(20)));
    CHECK(read_file(folder.path() / name_of(0)) == torn);
}

TEST_CASE("parts stay without holes where something was skipped between them") {
    const Folder folder;
    Index index = open(folder);
    const RecordedBytes bytes = recorded({sound("ulaw")}, 3);
    const std::string skipped = std::string("\0\0\0\x10", 4) + "free12345678";
    need(index.begin_segment(begun(0, bytes)));
    write_file(folder.path() / name_of(0),
               bytes.init + skipped + bytes.parts[0] + skipped + bytes.parts[1] + bytes.parts[2] + skipped);
    CHECK(recover(index, folder).cut == 1);
    const auto segment = need(index.find_file(name_of(0)));
    REQUIRE(segment);
    CHECK(segment->init_bytes == bytes.init.size() + 16);
    CHECK(segment->bytes == bytes.whole().size() + 32);
    const auto parts = need(index.parts(segment->id));
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].bytes == bytes.parts[0].size() + 16);
    CHECK(parts[2].bytes == bytes.parts[2].size());
}

TEST_CASE("an index is made anew from the files") {
    const Folder folder;
    const RecordedBytes ten = recorded({sound("ulaw")}, 10);
    const RecordedBytes two_tracks = recorded({sound("opus"), sound("alaw")}, 10);
    for (int at = 0; at < 200; at += 10)
        write_file(folder.path() / name_of(at), ten.whole());
    write_file(folder.path() / name_of(205), ten.whole());
    write_file(folder.path() / name_of(215), two_tracks.whole());
    write_file(folder.path() / name_of(0, "site/door/2"), ten.whole() + torn_part());
    Index index = open(folder);
    auto report = recover(index, folder, true);
    CHECK(report.added == 23);
    CHECK(report.foreign == 0);
    CHECK(spans(index) == "0-200 205-215 215-225");
    CHECK(spans(index, "site/door/2") == "0-10");
    const auto last = need(index.find_file(name_of(215)));
    REQUIRE(last);
    CHECK(last->codecs == "opus,alaw");
    CHECK(last->bytes == two_tracks.whole().size());
    CHECK(need(index.parts(last->id)).size() == 10);
    const auto first = need(index.find_file(name_of(0)));
    const auto later = need(index.find_file(name_of(190)));
    CHECK(first->codecs == "ulaw");
    CHECK(first->chain == later->chain);
    CHECK(first->chain != need(index.find_file(name_of(205)))->chain);
    // Nothing was changed, and nothing is added twice.
    CHECK(read_file(folder.path() / name_of(0, "site/door/2")) == ten.whole() + torn_part());
    CHECK_FALSE(fs::exists(folder.path() / Recovery::marker_name));
    CHECK(recover(index, folder, true).added == 0);
    CHECK(need(index.totals()).segments == 23);
}

TEST_CASE("a new index takes only what is a recording of this root") {
    const Folder folder;
    const Folder outside;
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    write_file(folder.path() / name_of(0), bytes.whole());
    write_file(folder.path() / "cam1/holiday.mp4", bytes.whole());
    write_file(folder.path() / "cam1/notes.part", "mine");
    write_file(folder.path() / "index.rill.db.damaged", "old");
    write_file(folder.path() / name_of(10), "broken");
    write_file(folder.path() / name_of(20), bytes.init);
    write_file(folder.path() / (name_of(30) + ".part"), bytes.init);
    write_file(folder.path() / "empty" / (name_of(0) + ".part"), "");
    write_file(folder.path() / "nested" / name_of(0), bytes.whole());
    write_file(folder.path() / "nested" / Index::file_name, "");
    write_file(outside.path() / name_of(0), bytes.whole());
    fs::create_symlink(outside.path(), folder.path() / "link");
    fs::create_symlink(folder.path(), folder.path() / "loop");
    fs::create_symlink(folder.path() / name_of(0), folder.path() / name_of(40));

    Index index = open(folder);
    const auto report = recover(index, folder, true);
    CHECK(report.added == 1);
    CHECK(report.broken == 2);
    CHECK(report.discarded == 2);
    CHECK(report.foreign == 5);
    CHECK(spans(index) == "0-1");
    CHECK_FALSE(fs::exists(folder.path() / (name_of(30) + ".part")));
    CHECK_FALSE(fs::exists(folder.path() / "empty"));
    CHECK(fs::exists(folder.path() / "cam1/notes.part"));
    CHECK(read_file(folder.path() / name_of(10)) == "broken");
    CHECK(fs::exists(folder.path() / name_of(20)));
}

TEST_CASE("paths of one root may name their files differently") {
    const Folder folder;
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    write_file(folder.path() / name_of(0), bytes.whole());
    write_file(folder.path() / "2026-01-08/10-00-05-000000_cam2.mp4", bytes.whole());
    Index index = open(folder);
    const auto by_day = pattern_in(folder.path(), "%Y-%m-%d/%H-%M-%S-%f_%path");
    CHECK(recover(index, folder, true, {pattern_in(folder.path()), by_day}).added == 2);
    CHECK(spans(index, "cam1") == "0-1");
    CHECK(need(index.paths()).size() == 2);
}

TEST_CASE("recording goes on while the index is made anew") {
    const Folder folder;
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    for (int at = 0; at < 100; ++at)
        write_file(folder.path() / name_of(at), bytes.whole());
    Index index = open(folder);
    Recovery recovery =
        need(Recovery::begin(index, folder.path(), {pattern_in(folder.path())}, true, Log("test")));
    REQUIRE(recovery.step());
    // The recorder's files: with a part, and without one yet.
    for (const std::int64_t at : {200, 210})
        need(index.begin_segment(begun(at, bytes, "new")));
    write_file(folder.path() / name_of(200, "new"), bytes.whole() + torn_part());
    write_file(folder.path() / (name_of(210, "new") + ".part"), bytes.init);
    int steps = 1;
    while (recovery.step())
        ++steps;
    CHECK(steps >= 100 / 16);
    CHECK(recovery.report().added == 100);
    CHECK(recovery.report().discarded == 0);
    CHECK(need(index.unfinished()).size() == 2);
    CHECK(fs::exists(folder.path() / (name_of(210, "new") + ".part")));
    CHECK(read_file(folder.path() / name_of(200, "new")) == bytes.whole() + torn_part());
}

TEST_CASE("making an index anew goes on after a kill, and after a failure") {
    const Folder folder;
    const RecordedBytes bytes = recorded({sound("ulaw")}, 1);
    for (int at = 0; at < 40; ++at)
        write_file(folder.path() / name_of(at), bytes.whole());
    {
        Index index = open(folder);
        Recovery killed =
            need(Recovery::begin(index, folder.path(), {pattern_in(folder.path())}, true, Log("test")));
        REQUIRE(killed.step());
        CHECK(need(index.totals()).segments < 40);
    }
    {
        auto opened = need(Index::open(folder.file(), std::chrono::milliseconds(10)));
        CHECK(opened.rebuild.empty());
        auto other = need(
            Database::open(folder.file().string(), SQLITE_OPEN_READWRITE, std::chrono::milliseconds(10)));
        need(other.script("BEGIN IMMEDIATE"));
        const auto report = run(need(
            Recovery::begin(opened.index, folder.path(), {pattern_in(folder.path())}, false, Log("test"))));
        REQUIRE(report.failure);
        CHECK(report.failure->code == Code::unavailable);
    }
    Index index = open(folder);
    recover(index, folder);
    CHECK(need(index.totals()).segments == 40);
    CHECK(recover(index, folder).added == 0);
}

TEST_CASE("a file goes with the folders that are empty without it, and nothing outside") {
    const Folder folder;
    const fs::path root = folder.path() / "root";
    write_file(root / "a/b/c/1.mp4", "x");
    write_file(root / "a/2.mp4", "x");
    write_file(folder.path() / "3.mp4", "x");
    CHECK_FALSE(remove_recording(root, "a/b/c/1.mp4"));
    CHECK_FALSE(fs::exists(root / "a/b"));
    CHECK(fs::exists(root / "a/2.mp4"));
    CHECK_FALSE(remove_recording(root, "a/b/c/1.mp4"));
    for (const std::string& file :
         {std::string("../3.mp4"), std::string("a/../../3.mp4"), (folder.path() / "3.mp4").string(),
          std::string(""), std::string("."), std::string("a/")}) {
        INFO(file);
        CHECK(remove_recording(root, file) == std::errc::invalid_argument);
    }
    CHECK(fs::exists(folder.path() / "3.mp4"));
    CHECK_FALSE(remove_recording(root, "a/2.mp4"));
    CHECK(fs::exists(root));
    CHECK(fs::is_empty(root));
}
