#include "archive.hpp"
#include "await.hpp"
#include "event_log.hpp"
#include "recorded_bytes.hpp"
#include "storage_view.hpp"
#include "testing.hpp"

#include <future>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
namespace fs = std::filesystem;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

std::shared_ptr<const Options> options_in(const fs::path& root) {
    Options options;
    options.set("path", (root / "%path/%s-%f").string());
    options.set("format", "fmp4");
    options.set("preRoll", nanoseconds(0));
    options.set("partDuration", nanoseconds(seconds(1)));
    options.set("segmentDuration", nanoseconds(seconds(10)));
    options.set("deleteAfter", nanoseconds(0));
    for (const std::string_view size : {"maxPartSize", "maxSize", "storageMaxSize", "minFree", "preRollSize"})
        options.set(size, std::int64_t{0});
    return std::make_shared<const Options>(std::move(options));
}

/// Two roots; the first is the default.
struct Disks {
    Folder usual, other;
    test::EventLog log;
    std::unique_ptr<Archive> archive;

    ~Disks() { close(); }
    using Paths = std::vector<std::pair<std::string, fs::path>>;
    static std::vector<ArchivePath> told(const Paths& paths) {
        std::vector<ArchivePath> result;
        for (const auto& [name, root] : paths)
            result.push_back({name, options_in(root)});
        return result;
    }
    void open(const Paths& paths) {
        archive = need(DiskArchive::create(told(paths), *options_in(usual.path()), log.events));
    }
    void configure(const Paths& paths) {
        REQUIRE(archive->configure(told(paths), *options_in(usual.path())));
    }
    void close() {
        if (archive) CHECK(archive->close(test::patience()));
        archive.reset();
    }
    void record(const std::string& path, std::int64_t at) {
        const RecordedBytes file = recorded({sound("opus")}, 3);
        const auto writer = need(archive->write(path, [](const Error& error) { FAIL(error.message); }));
        const auto bytes = [](const std::string& text) {
            return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
        };
        writer->begin(
            {{std::make_shared<const Format>(sound("opus"))}, bytes(file.init), morning + at * second});
        for (const std::string& part : file.parts)
            writer->append({{bytes(part)}, second, true});
    }
    std::size_t segments(const std::string& path) {
        std::promise<std::size_t> count;
        archive->read(path, [&count](ArchiveView& view) {
            count.set_value(need(view.segments({0, 2 * morning}, 10)).size());
        });
        return count.get_future().get();
    }
    template <class Ask>
    std::uint64_t answer(Ask ask) {
        std::promise<Result<std::uint64_t>> done;
        ask([&done](Result<std::uint64_t> result) { done.set_value(std::move(result)); });
        return need(done.get_future().get());
    }
};

}  // namespace

TEST_CASE("recordings of paths that are gone are found in every root") {
    Disks disks;
    disks.open({{"home", disks.usual.path()}, {"away", disks.other.path()}});
    disks.record("home", 0);
    disks.record("away", 0);
    disks.record("away", 100);
    disks.close();

    // Another path keeps the other root.
    disks.open({{"new", disks.other.path()}});
    REQUIRE(test::await([&] { return disks.segments("away") == 2; }));
    CHECK(disks.segments("home") == 1);
    CHECK(disks.segments("new") == 0);
    CHECK(disks.segments("nothing") == 0);
    const TimeRange first{morning, morning + 10 * second};
    CHECK(disks.answer([&](auto done) { disks.archive->lock("away", first, true, done); }) == 1);
    CHECK(disks.answer([&](auto done) { disks.archive->erase("away", {0, 2 * morning}, done); }) > 0);
    CHECK(disks.segments("away") == 1);
    CHECK(disks.answer([&](auto done) { disks.archive->erase("nothing", {0, 2 * morning}, done); }) == 0);
}

TEST_CASE("a path whose recordings are in two roots is told once") {
    Disks disks;
    disks.open({{"away", disks.other.path()}});
    disks.record("away", 0);
    disks.close();
    disks.open({{"away", disks.usual.path()}, {"home", disks.other.path()}});
    disks.record("away", 100);
    const auto paths = [&] {
        std::promise<Result<std::vector<RecordedPath>>> all;
        disks.archive->paths([&all](auto found) { all.set_value(std::move(found)); });
        return need(all.get_future().get());
    };
    REQUIRE(test::await([&] { return paths().size() == 1 && paths()[0].segments == 2; }));
    CHECK(paths()[0].name == "away");
    CHECK(paths()[0].time == TimeRange{morning, morning + 103 * second});
}

TEST_CASE("the configuration of an archive that runs is changed") {
    Disks disks;
    disks.open({{"a", disks.usual.path()}});
    disks.record("a", 0);
    CHECK(disks.archive->write("b", [](const Error&) {}).error().code == Code::not_found);
    REQUIRE(test::await([&] { return disks.segments("a") == 1; }));

    SECTION("a root that is new") {
        disks.configure({{"a", disks.other.path()}, {"b", disks.other.path()}});
        CHECK(disks.archive->storages().size() == 2);
        disks.record("b", 0);
        disks.record("a", 100);
        CHECK(test::await([&] { return disks.segments("b") == 1 && disks.segments("a") == 1; }));
        CHECK(fs::exists(disks.other.path() / "b"));
        // What was recorded before lies where it was.
        disks.configure({{"a", disks.usual.path()}});
        CHECK(disks.segments("a") == 1);
        CHECK(disks.segments("b") == 1);
        CHECK(disks.archive->storages().size() == 2);
    }
    SECTION("what is being written goes on") {
        const RecordedBytes file = recorded({sound("opus")}, 2);
        const auto bytes = [](const std::string& text) {
            return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
        };
        {
            const auto writer =
                need(disks.archive->write("a", [](const Error& error) { FAIL(error.message); }));
            writer->begin(
                {{std::make_shared<const Format>(sound("opus"))}, bytes(file.init), morning + 100 * second});
            writer->append({{bytes(file.parts[0])}, second, true});
            disks.configure({{"b", disks.other.path()}});
            writer->append({{bytes(file.parts[1])}, second, true});
        }
        CHECK(test::await([&] { return disks.segments("a") == 2; }));
    }
    SECTION("with an error everything stays") {
        auto wrong = std::make_shared<Options>(*options_in(disks.other.path()));
        wrong->set("path", std::string("/without/a/time"));
        const std::vector<ArchivePath> told{{"b", wrong}};
        const auto refused = disks.archive->configure(told, *options_in(disks.usual.path()));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.starts_with("path b: "));
        CHECK(disks.segments("a") == 1);
        CHECK(disks.archive->write("b", [](const Error&) {}).error().code == Code::not_found);
        CHECK(disks.archive->write("a", [](const Error&) {}));
    }
}

TEST_CASE("parts of a recording that is gone are refused with its name") {
    const Folder folder;
    Index index = open(folder);
    const std::string path = "cam1";
    RecordedSegment gone;
    gone.file = folder.path() / "cam1/1.mp4";
    gone.id = 1;
    for (Index* const known : {&index, static_cast<Index*>(nullptr)}) {
        StorageView view(known, folder.path(), path, nullptr);
        const auto parts = view.parts(gone);
        REQUIRE_FALSE(parts);
        CHECK(parts.error().code == Code::not_found);
        CHECK(parts.error().message == "the recording 1.mp4 is not there any more");
    }
}

TEST_CASE("recordings and their segments are told") {
    Disks disks;
    disks.open({{"cam1", disks.usual.path()}});
    disks.record("cam1", 0);
    REQUIRE(test::await([&] { return disks.log.told().size() == 4; }));
    CHECK(disks.log.kinds() == "recordingBegun segmentBegun segmentComplete recordingEnded");
    const auto told = disks.log.told();
    CHECK(told[0].path == "cam1");
    CHECK(told[1].file == told[2].file);
    CHECK(fs::exists(told[1].file));
    CHECK(told[2].duration_us == 3 * second);
}
