// When the index of a root cannot be used.
#include "index.hpp"
#include "storage_writer.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
namespace fs = std::filesystem;

namespace {

FilePattern pattern_in(const fs::path& root) {
    return need(FilePattern::parse((root / "%path/%s-%f").string()));
}

}  // namespace

TEST_CASE("a root is looked at again when its index could not be opened") {
    const Folder folder;
    const fs::path blocked = folder.path() / "root" / Index::file_name;
    fs::create_directories(blocked);
    OpenSegments open;
    StorageCounters counters;
    const fs::path root = folder.path() / "root";
    StorageWriter writer({.root = root, .patterns = {pattern_in(root)}, .rules = {}}, open, counters);
    const std::uint64_t before = writer.generation();
    writer.look();
    REQUIRE(writer.generation() == before);
    fs::remove(blocked);
    writer.idle();
    CHECK(writer.generation() > before);
}

TEST_CASE("an index that proves to be damaged is set aside, whoever finds out") {
    const Folder folder;
    {
        Index index = open(folder);
        add(index, {ten_seconds(0)});
    }
    OpenSegments open_segments;
    StorageCounters counters;
    StorageWriter writer({.root = folder.path(), .patterns = {pattern_in(folder.path())}, .rules = {}},
                         open_segments, counters);
    writer.look();
    need(need(Database::open(folder.file().string(), SQLITE_OPEN_READWRITE, std::chrono::seconds(5)))
             .script("DROP TABLE paths"));
    const TimeRange range = {morning, morning + 10 * second};
    const bool locks = GENERATE(false, true);
    const auto refused = locks ? writer.lock("cam1", range, true) : writer.erase("cam1", range);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::internal);
    CHECK(fs::exists(folder.damaged()));
}
