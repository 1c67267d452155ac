// What others do to the file, and to its folder.
#include "recorded_bytes.hpp"
#include "testing.hpp"

#include <csignal>
#include <future>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

void run_sql(const Folder& folder, const char* sql) {
    auto database = need(
        Database::open(folder.file().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, milliseconds(0)));
    need(database.script(sql));
}

/// An index of some hundred pages, closed, so that all is in the one file.
void make_index(const Folder& folder) {
    Index index = open(folder);
    std::vector<Segment> segments;
    segments.reserve(2000);
    for (std::int64_t i = 0; i < 2000; ++i)
        segments.push_back(ten_seconds(10 * i, i % 2 == 0 ? "cam1" : "cam2"));
    add(index, segments);
}

/// Whether the file was moved away and a new index works in its place.
bool begun_anew(const Folder& folder) {
    auto opened = need(Index::open(folder.file()));
    CHECK(need(opened.index.totals()) == Totals{});
    CHECK(add(opened.index, {ten_seconds(0)}) == 1);
    return !opened.rebuild.empty() && fs::exists(folder.damaged());
}

/// Calls everything; each may fail, none may do worse.
void use(Index& index) {
    for (const std::int64_t at : {0, 5000, 19'990}) {
        if (const auto found = index.segment_at("cam1", morning + at * second); found && *found) {
            static_cast<void>(index.parts((*found)->id));
            static_cast<void>(index.next(**found));
            static_cast<void>(index.previous(**found));
            static_cast<void>(index.remove((*found)->id));
        }
    }
    static_cast<void>(index.spans("cam1", morning, morning + 30'000 * second));
    static_cast<void>(index.segments("cam2", morning, morning + 30'000 * second, 5000));
    static_cast<void>(index.paths());
    static_cast<void>(index.oldest());
    static_cast<void>(index.nearest("cam2", morning));
    static_cast<void>(index.lock("cam2", morning, morning + 500 * second, true));
    static_cast<void>(index.find_file("cam1/100.mp4"));
    static_cast<void>(index.add(std::vector{ten_seconds(100'000)}));
}

/// Another user for as long as it lives: root may write everywhere.
class Nobody {
  public:
    Nobody() {
        if (::geteuid() == 0) REQUIRE(::seteuid(65534) == 0);
    }
    Nobody(const Nobody&) = delete;
    Nobody& operator=(const Nobody&) = delete;
    ~Nobody() { static_cast<void>(::seteuid(::getuid())); }
};

}  // namespace

TEST_CASE("a folder without an index gets one, and the caller is told") {
    const Folder folder;
    CHECK(Index::open_to_read(folder.file()).error().code == Code::not_found);
    CHECK_FALSE(fs::exists(folder.file()));
    CHECK(need(Index::open(folder.file())).rebuild == "there was no index");
    CHECK(need(Index::open(folder.file())).rebuild.empty());
    CHECK_FALSE(fs::exists(folder.damaged()));
}

TEST_CASE("a truncated index is moved aside") {
    const Folder folder;
    make_index(folder);
    const std::string whole = read_file(folder.file());
    REQUIRE(whole.size() > 200'000);
    for (const std::size_t size :
         {std::size_t{100}, std::size_t{4096}, whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
        INFO(size);
        write_file(folder.file(), whole.substr(0, size));
        CHECK(begun_anew(folder));
        CHECK(fs::file_size(folder.damaged()) == size);
    }
    // SQLite takes a file of one byte for an empty one.
    for (const char* nothing : {"", "x"}) {
        write_file(folder.file(), nothing);
        CHECK(need(Index::open(folder.file())).rebuild == "there was no index");
    }
}

TEST_CASE("random bytes make an error or nothing, wherever they are") {
    const Folder folder;
    make_index(folder);
    const std::string whole = read_file(folder.file());
    unsigned state = 1;
    const auto random = [&state] { return (state = state * 1664525 + 1013904223) / 65536; };
    int noticed = 0;
    for (int round = 0; round < 60; ++round) {
        std::string broken = whole;
        // A page's worth somewhere, then single bytes everywhere.
        const std::size_t length = round % 2 == 0 ? 4096 : 64;
        const std::size_t start = random() * 65536UL % (broken.size() - 4096);
        for (std::size_t i = 0; i < length; ++i)
            broken[round % 2 == 0 ? start + i : random() * 64UL % broken.size()] =
                static_cast<char>(random());
        write_file(folder.file(), broken);
        std::error_code error;
        fs::remove(folder.path() / "index.rill.db-wal", error);
        auto opened = Index::open(folder.file());
        if (!opened) {
            CHECK(opened.error().code == Code::conflict);
            ++noticed;
            continue;
        }
        const bool checked = static_cast<bool>(opened->index.check());
        if (!opened->rebuild.empty() || !checked) ++noticed;
        use(opened->index);
    }
    // What lies in a free part of a page, or makes one number another, nobody can notice.
    CHECK(noticed > 30);
}

TEST_CASE("what is no database, or another program's, is moved aside") {
    const Folder folder;
    write_file(folder.file(), "Dear diary, " + std::string(5000, 'x'));
    CHECK(begun_anew(folder));
    CHECK(read_file(folder.damaged()).starts_with("Dear diary"));

    fs::remove(folder.file());
    run_sql(folder, "CREATE TABLE cookies (name TEXT); PRAGMA user_version = 7");
    const auto refused = Index::open_to_read(folder.file());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(folder.file().string()) != std::string::npos);
    CHECK(begun_anew(folder));

    run_sql(folder, "DROP TABLE totals");
    CHECK(begun_anew(folder));
    run_sql(folder, "PRAGMA user_version = 0");
    CHECK(begun_anew(folder));
}

TEST_CASE("the WAL of a damaged index goes with it") {
    const Folder folder;
    make_index(folder);
    write_file(folder.file(), std::string(8192, 'x'));
    write_file(folder.path() / "index.rill.db-wal", "wal");
    write_file(folder.path() / "index.rill.db-shm", "shm");
    need(Index::set_aside(folder.file()));
    CHECK(read_file(folder.path() / "index.rill.db.damaged-wal") == "wal");
    CHECK(read_file(folder.path() / "index.rill.db.damaged-shm") == "shm");
    CHECK_FALSE(fs::exists(folder.path() / "index.rill.db-wal"));
    // The next one without a WAL does not inherit it.
    write_file(folder.file(), "x");
    need(Index::set_aside(folder.file()));
    CHECK_FALSE(fs::exists(folder.path() / "index.rill.db.damaged-wal"));
}

TEST_CASE("an index of a newer Rill is refused and stays as it is") {
    const Folder folder;
    make_index(folder);
    run_sql(folder, "PRAGMA user_version = 2");
    const std::string before = read_file(folder.file());
    const auto opened = Index::open(folder.file());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::conflict);
    CHECK(opened.error().message.find("newer Rill") != std::string::npos);
    CHECK(Index::open_to_read(folder.file()).error().code == Code::conflict);
    CHECK(read_file(folder.file()) == before);
    CHECK_FALSE(fs::exists(folder.damaged()));
}

TEST_CASE("a folder that cannot be written") {
    const Folder folder;
    const Folder other;
    make_index(other);
    REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
    REQUIRE(::chmod(other.path().c_str(), 0555) == 0);
    REQUIRE(::chmod(other.file().c_str(), 0444) == 0);
    {
        const Nobody nobody;
        const auto made = Index::open(folder.file());
        REQUIRE_FALSE(made);
        CHECK(made.error().code == Code::unavailable);
        CHECK(made.error().message.find("writable") != std::string::npos);
        const auto opened = Index::open(other.file());
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == Code::unavailable);
        CHECK(need(need(Index::open_to_read(other.file())).totals()).segments == 2000);
    }
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(other.path().c_str(), 0755) == 0);
    CHECK_FALSE(fs::exists(other.damaged()));
    CHECK(need(need(Index::open(other.file())).index.totals()).segments == 2000);
}

TEST_CASE("a reader sees what the writer has finished, and changes nothing") {
    const Folder folder;
    Index writer = open(folder);
    Index reader = need(Index::open_to_read(folder.file()));
    CHECK(spans(reader).empty());
    add(writer, {ten_seconds(0)});
    CHECK(spans(reader) == "0-10");
    need(writer.remove(need(writer.oldest())->id));
    CHECK(spans(reader).empty());
    CHECK(reader.add(std::vector{ten_seconds(0)}).error().code == Code::unavailable);
}

TEST_CASE("an index that is being made is not there yet, and never taken for another program's") {
    for (int round = 0; round < 50; ++round) {
        const Folder folder;
        auto writer = std::async(std::launch::async, [&folder] { return Index::open(folder.file()); });
        auto reader = Index::open_to_read(folder.file());
        for (; !reader; reader = Index::open_to_read(folder.file())) {
            INFO(reader.error().message);
            REQUIRE(reader.error().code == Code::not_found);
        }
        CHECK(spans(*reader).empty());
        need(writer.get());
    }
}

TEST_CASE("a lock that stays is an error after the patience, and reading goes on") {
    const Folder folder;
    Index writer = need(Index::open(folder.file(), milliseconds(20))).index;
    add(writer, {ten_seconds(0)});
    Index second_writer = need(Index::open(folder.file(), milliseconds(20))).index;
    auto other = need(Database::open(folder.file().string(), SQLITE_OPEN_READWRITE, milliseconds(0)));
    {
        Transaction held(other);
        need(held.begin());
        const auto begun = writer.begin_segment(ten_seconds(10));
        REQUIRE_FALSE(begun);
        CHECK(begun.error().code == Code::unavailable);
        CHECK(begun.error().message.find("another process") != std::string::npos);
        CHECK(spans(writer) == "0-10");
    }
    // What was refused has left no transaction open.
    need(writer.begin_segment(ten_seconds(10)));
    add(second_writer, {ten_seconds(20)});
    CHECK(spans(writer) == "0-10 20-30");
}

TEST_CASE("an index that another process keeps locked is not taken for a damaged one") {
    const Folder folder;
    auto other = need(
        Database::open(folder.file().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, milliseconds(0)));
    need(other.script("BEGIN EXCLUSIVE; CREATE TABLE anything (x)"));
    const auto opened = Index::open(folder.file(), milliseconds(20));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::unavailable);
    CHECK_FALSE(fs::exists(folder.damaged()));
    need(other.script("ROLLBACK"));
    CHECK(need(Index::open(folder.file())).rebuild == "there was no index");
}

TEST_CASE("what was begun before a kill is unfinished after it") {
    const Folder folder;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto opened = Index::open(folder.file());
        if (!opened || !opened->index.add(std::vector{ten_seconds(0)})) ::_exit(1);
        if (!opened->index.begin_segment(ten_seconds(10))) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    auto opened = need(Index::open(folder.file()));
    CHECK(opened.rebuild.empty());
    const auto left = need(opened.index.unfinished());
    REQUIRE(left.size() == 1);
    CHECK(left[0].file == "cam1/10.mp4");
    CHECK(left[0].chain == 1);
    CHECK(spans(opened.index) == "0-10");
    need(opened.index.finish_segment(left[0].id, morning + 15 * second, 500, {}));
    CHECK(spans(opened.index) == "0-15");
    CHECK(need(opened.index.parts(left[0].id)).empty());
}

TEST_CASE("hostile names are names") {
    const Folder folder;
    Index index = open(folder);
    const std::vector<std::string> names = {
        "'; DROP TABLE segments; --", "\"quoted\"", "tür/größe/日本",       "%_*?",
        "\xff\xfe broken utf-8",      "",           std::string(4096, 'n'), std::string("nul\0inside", 10)};
    for (const std::string& name : names)
        add(index, {ten_seconds(0, name)});
    for (const std::string& name : names) {
        INFO(name);
        CHECK(file_at(index, 5, name) == ten_seconds(0, name).file);
        CHECK(spans(index, name) == "0-10");
        CHECK(need(index.find_file(ten_seconds(0, name).file))->path == name);
        CHECK(need(index.totals(name)).segments == 1);
    }
    CHECK(need(index.paths()).size() == names.size());
}

TEST_CASE("broken parts are an error of that segment only") {
    const Folder folder;
    {
        Index index = open(folder);
        add(index, {ten_seconds(0), ten_seconds(10), ten_seconds(20), ten_seconds(30)});
    }
    run_sql(folder,
            "UPDATE parts SET packed = x'80' WHERE segment = 1;"
            "UPDATE parts SET packed = x'ffffffffffffffffffff' WHERE segment = 2;"
            "UPDATE parts SET packed = 'text' WHERE segment = 3");
    Index index = open(folder);
    CHECK(index.parts(1).error().code == Code::internal);
    CHECK(index.parts(2).error().code == Code::internal);
    static_cast<void>(index.parts(3));
    CHECK(need(index.parts(4)) == ten_seconds(30).parts);
    CHECK(spans(index) == "0-40");
    need(index.remove(1));
    CHECK(spans(index) == "10-40");
}

TEST_CASE("parts are packed small and without loss") {
    std::vector<Part> parts = {
        {0, 0, false}, {4'294'967'295, 4'294'967'295, true}, {0, 1, true}, {1, 0, false}};
    CHECK(need(unpack_parts(pack_parts(parts))) == parts);
    CHECK(need(unpack_parts({})).empty());
    const auto regular = ten_seconds(0).parts;
    CHECK(pack_parts(regular).size() <= 45);
    auto packed = pack_parts(parts);
    for (std::size_t size = 1; size < packed.size(); ++size) {
        const auto cut = unpack_parts(std::span(packed).first(size));
        if (cut) CHECK(cut->size() < parts.size());
    }
}
