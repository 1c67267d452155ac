#include "await.hpp"
#include "index.hpp"
#include "lock_mark.hpp"
#include "recorded_bytes.hpp"
#include "storage.hpp"
#include "testing.hpp"

#include <future>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

Ref<GBytes> bytes_of(const std::string& text) {
    return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
}

FilePattern pattern_in(const fs::path& root) {
    return need(FilePattern::parse((root / "%path/%s-%f").string()));
}

/// A storage and one path's recorder.
struct Bench {
    Folder folder;
    FilePattern pattern = pattern_in(folder.path());
    std::shared_ptr<Storage> storage = make();
    std::unique_ptr<ArchiveWriter> writer;
    std::promise<Error> failure;
    const RecordedBytes opus = recorded({sound("opus")}, 3);
    const RecordedBytes ulaw = recorded({sound("ulaw")}, 3);

    ~Bench() {
        writer.reset();
        CHECK(storage->close(test::patience()));
    }

    std::shared_ptr<Storage> make() {
        return Storage::create({.root = folder.path(), .patterns = {pattern}, .rules = {}});
    }
    void record() {
        writer = need(
            storage->write("cam1", pattern, [this](Error error) { failure.set_value(std::move(error)); }));
    }
    void begin(const RecordedBytes& file, std::int64_t at, bool continues = false) {
        const auto format = std::make_shared<const Format>(&file == &opus ? sound("opus") : sound("ulaw"));
        writer->begin({{format}, bytes_of(file.init), morning + at * second, continues});
    }
    void append(const std::string& part) { writer->append({{bytes_of(part)}, second, true}); }
    void append(const RecordedBytes& file) {
        for (const std::string& part : file.parts)
            append(part);
    }
    /// Waits until the disk's thread has done what was posted.
    void settle() {
        std::promise<void> done;
        storage->erase("nothing", {}, [&done](const Result<std::uint64_t>&) { done.set_value(); });
        REQUIRE(done.get_future().wait_for(test::patience()) == std::future_status::ready);
    }
    template <class Look>
    auto look(Look look) {
        std::promise<decltype(look(std::declval<ArchiveView&>()))> answer;
        storage->read("cam1", [&](ArchiveView& view) { answer.set_value(look(view)); });
        auto future = answer.get_future();
        REQUIRE(future.wait_for(test::patience()) == std::future_status::ready);
        return future.get();
    }
    /// "0-3 5-8": spans in seconds after the morning.
    std::string spans() {
        std::string text;
        const auto spans = look([](ArchiveView& view) {
            return need(view.spans({morning - 1000 * second, morning + 1000 * second}));
        });
        for (const RecordedSpan& span : spans) {
            text +=
                fmt::format("{}{}-{} {}", text.empty() ? "" : ", ", (span.time.start_us - morning) / second,
                            (span.time.end_us - morning) / second, span.codecs);
        }
        return text;
    }
    std::vector<RecordedSegment> segments() {
        return look([](ArchiveView& view) {
            return need(view.segments({morning - 1000 * second, morning + 1000 * second}, 100));
        });
    }
    std::vector<RecordedPart> parts(const RecordedSegment& segment) {
        return look([&](ArchiveView& view) { return need(view.parts(segment)); });
    }
    std::uint64_t lock(std::int64_t from, std::int64_t to, bool locked) {
        std::promise<Result<std::uint64_t>> count;
        storage->lock("cam1", {morning + from * second, morning + to * second}, locked,
                      [&count](Result<std::uint64_t> changed) { count.set_value(std::move(changed)); });
        return need(count.get_future().get());
    }
    std::uint64_t erase(std::int64_t from, std::int64_t to) {
        std::promise<Result<std::uint64_t>> bytes;
        storage->erase("cam1", {morning + from * second, morning + to * second},
                       [&bytes](Result<std::uint64_t> erased) { bytes.set_value(std::move(erased)); });
        return need(bytes.get_future().get());
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
            const std::string name = entry.path().lexically_relative(folder.path()).string();
            if (entry.is_regular_file() && !name.starts_with("index.rill.db")) names.push_back(name);
        }
        std::ranges::sort(names);
        return names;
    }
};

const std::string file_name = "cam1/1767866400-000000.mp4";

}  // namespace

TEST_CASE("a file has a name when it has a part, and is what was appended") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.settle();
    CHECK(bench.files() == std::vector<std::string>{file_name + ".part"});
    CHECK(bench.spans().empty());
    bench.append(bench.opus);
    bench.settle();
    CHECK(bench.files() == std::vector<std::string>{file_name});
    CHECK(read_file(bench.folder.path() / file_name) == bench.opus.whole());

    CHECK(bench.spans() == "0-3 opus");
    const auto open = bench.segments();
    REQUIRE(open.size() == 1);
    CHECK(open.front().open);
    CHECK(open.front().bytes == bench.opus.whole().size());
    const auto open_parts = bench.parts(open.front());
    REQUIRE(open_parts.size() == 3);
    CHECK(open_parts[1].offset == bench.opus.init.size() + bench.opus.parts[0].size());

    bench.writer.reset();
    bench.settle();
    CHECK(bench.spans() == "0-3 opus");
    const auto finished = bench.segments();
    REQUIRE(finished.size() == 1);
    CHECK_FALSE(finished.front().open);
    CHECK(finished.front().file == open.front().file);
    const auto parts = bench.parts(finished.front());
    REQUIRE(parts.size() == 3);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        CHECK(parts[i].offset == open_parts[i].offset);
        CHECK(parts[i].bytes == open_parts[i].bytes);
        CHECK(parts[i].time == open_parts[i].time);
    }
}

TEST_CASE("segments that go on are one span, and others are not") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.append(bench.opus);
    bench.begin(bench.opus, 3, true);
    bench.append(bench.opus);
    bench.settle();
    CHECK(bench.spans() == "0-6 opus");
    bench.begin(bench.ulaw, 6, true);
    bench.append(bench.ulaw);
    bench.settle();
    CHECK(bench.spans() == "0-6 opus, 6-9 ulaw");
    bench.begin(bench.ulaw, 20);
    bench.append(bench.ulaw);
    bench.begin(bench.ulaw, 24);
    bench.append(bench.ulaw);
    bench.settle();
    CHECK(bench.spans() == "0-6 opus, 6-9 ulaw, 20-23 ulaw, 24-27 ulaw");
    const auto at =
        bench.look([](ArchiveView& view) { return need(view.segment_at(morning + 25 * second)); });
    REQUIRE(at);
    CHECK(at->open);
    const auto gap = bench.look([](ArchiveView& view) { return need(view.nearest(morning + 15 * second)); });
    REQUIRE(gap.before);
    REQUIRE(gap.after);
    CHECK(gap.before->time.end_us == morning + 9 * second);
    CHECK(gap.after->time.start_us == morning + 20 * second);
    bench.writer.reset();
    bench.settle();
    CHECK(bench.spans() == "0-6 opus, 6-9 ulaw, 20-23 ulaw, 24-27 ulaw");
}

TEST_CASE("what is being written is of the chain that it continues, and of no other") {
    Bench bench;
    bench.record();
    const auto chains = [&bench] {
        bench.settle();
        std::vector<std::int64_t> chains;
        for (const RecordedSegment& segment : bench.segments())
            chains.push_back(segment.chain);
        return chains;
    };
    bench.begin(bench.opus, 0);
    bench.append(bench.opus);
    REQUIRE(chains().size() == 1);
    bench.begin(bench.opus, 3, true);
    bench.append(bench.opus);
    REQUIRE(chains().size() == 2);
    CHECK(chains()[0] == chains()[1]);
    const auto at = bench.look([](ArchiveView& view) { return need(view.segment_at(morning + 4 * second)); });
    REQUIRE(at);
    CHECK(at->open);
    CHECK(at->chain == chains()[0]);
    const auto around =
        bench.look([](ArchiveView& view) { return need(view.nearest(morning + 4 * second)); });
    REQUIRE(around.before);
    CHECK(around.before->chain == chains()[0]);
    // The chain's first half is gone.
    CHECK(bench.erase(0, 3) > 0);
    bench.begin(bench.opus, 6, true);
    bench.append(bench.opus);
    REQUIRE(chains().size() == 2);
    CHECK(chains()[0] == chains()[1]);
    // In other formats, after a gap, and in the same formats without one and yet not continued.
    bench.begin(bench.ulaw, 9, true);
    bench.append(bench.ulaw);
    CHECK(chains()[2] != chains()[1]);
    bench.begin(bench.ulaw, 20, true);
    bench.append(bench.ulaw);
    CHECK(chains()[3] != chains()[2]);
    bench.begin(bench.ulaw, 23, false);
    bench.append(bench.ulaw);
    REQUIRE(chains().size() == 5);
    CHECK(std::ranges::count(chains(), chains()[4]) == 1);
    // What it continued was deleted meanwhile.
    bench.begin(bench.ulaw, 26, true);
    bench.append(bench.ulaw);
    CHECK(chains()[5] == chains()[4]);
    CHECK(bench.erase(23, 26) > 0);
    REQUIRE(chains().size() == 5);
    CHECK(std::ranges::count(chains(), chains()[4]) == 1);
}

TEST_CASE("a file that is deleted while it grows fails, so that a new one is begun") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.append(bench.opus);
    bench.settle();
    fs::remove(bench.folder.path() / file_name);
    bench.append(bench.opus);
    auto failure = bench.failure.get_future();
    REQUIRE(failure.wait_for(test::patience()) == std::future_status::ready);
    CHECK(failure.get().message.find("was deleted") != std::string::npos);
}

TEST_CASE("what the index cannot take at once is entered later") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.append(bench.opus);
    bench.settle();
    auto other = need(Database::open((bench.folder.path() / Index::file_name).string(), SQLITE_OPEN_READWRITE,
                                     milliseconds(5000)));
    // Else the file would be found as one that nobody knows.
    REQUIRE(test::await([&] { return !fs::exists(bench.folder.path() / Recovery::marker_name); }));
    // This one it will never take, and the next it will.
    need(other.script("DELETE FROM segments"));
    bench.begin(bench.opus, 10);
    bench.append(bench.opus);
    bench.settle();
    {
        Transaction held(other);
        need(held.begin());
        bench.writer.reset();
        bench.settle();
        CHECK(bench.spans().empty());
    }
    CHECK(test::await([&] { return bench.spans() == "10-13 opus"; }));
}

TEST_CASE("a segment without a part leaves nothing") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.begin(bench.opus, 5);
    bench.writer.reset();
    bench.settle();
    CHECK(bench.files().empty());
    CHECK(bench.segments().empty());
}

TEST_CASE("files of the same moment have names of their own") {
    Bench bench;
    bench.record();
    for (int i = 0; i < 2; ++i) {
        bench.begin(bench.opus, 0);
        bench.append(bench.opus);
    }
    bench.settle();
    CHECK(bench.files() == std::vector<std::string>{file_name, "cam1/1767866400-000001.mp4"});
    CHECK(read_file(bench.folder.path() / file_name) == bench.opus.whole());
}

TEST_CASE("a path is recorded once") {
    Bench bench;
    bench.record();
    const auto second_writer = bench.storage->write("cam1", bench.pattern, [](const Error&) {});
    REQUIRE_FALSE(second_writer);
    CHECK(second_writer.error().code == Code::conflict);
    bench.writer.reset();
    bench.record();
}

TEST_CASE("a root that cannot be makes recording fail, with the reason") {
    Bench bench;
    write_file(bench.folder.path() / "file", "x");
    const fs::path root = bench.folder.path() / "file" / "root";
    const auto storage = Storage::create({.root = root, .patterns = {pattern_in(root)}, .rules = {}});
    std::promise<Error> failure;
    auto writer = need(storage->write("cam1", pattern_in(root),
                                      [&failure](Error error) { failure.set_value(std::move(error)); }));
    writer->begin(
        {{std::make_shared<const Format>(sound("opus"))}, bytes_of(bench.opus.init), morning, false});
    writer->append({{bytes_of(bench.opus.parts[0])}, second, true});
    auto future = failure.get_future();
    REQUIRE(future.wait_for(test::patience()) == std::future_status::ready);
    const Error error = future.get();
    CHECK(error.code == Code::unavailable);
    CHECK(error.message.find(root.string()) != std::string::npos);
    writer.reset();
    CHECK(storage->close(test::patience()));
    CHECK(storage->status().failure == error.message);
    CHECK(storage->status().dropped_parts == 1);
}

TEST_CASE("a disk that hangs costs bounded memory and only its own recordings") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    std::promise<void> release;
    bench.storage->erase("nothing", {},
                         [&release](const Result<std::uint64_t>&) { release.get_future().wait(); });
    const std::string big(8 << 20, 'x');
    const auto shared = bytes_of(big);
    for (int i = 0; i < 100; ++i)
        bench.writer->append({{shared}, second, true});
    CHECK(bench.storage->status().queued_bytes <= Storage::most_queued_bytes);
    CHECK(bench.storage->status().dropped_parts == 84);
    const auto refused = bench.storage->write("cam2", bench.pattern, [](const Error&) {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK_FALSE(bench.storage->close(milliseconds(1)));
    release.set_value();
    auto future = bench.failure.get_future();
    REQUIRE(future.wait_for(test::patience()) == std::future_status::ready);
    CHECK(future.get().message.find("too slow") != std::string::npos);
}

TEST_CASE("a long range is deleted and locked in turns, between which parts are written") {
    Bench bench;
    bench.record();
    constexpr int files = 100;
    for (int i = 0; i < files; ++i) {
        bench.begin(bench.opus, std::int64_t{3} * i, i > 0);
        bench.append(bench.opus);
    }
    bench.settle();
    std::promise<void> release;
    bench.storage->erase("nothing", {},
                         [&release](const Result<std::uint64_t>&) { release.get_future().wait(); });
    std::size_t left = 0;
    std::promise<Result<std::uint64_t>> erased, locked, written;
    bench.storage->erase("cam1", {morning, morning + 150 * second},
                         [&](Result<std::uint64_t> bytes) { erased.set_value(std::move(bytes)); });
    bench.storage->lock("cam1", {morning + 150 * second, morning + 300 * second}, true,
                        [&](Result<std::uint64_t> count) { locked.set_value(std::move(count)); });
    bench.append(bench.opus.parts[0]);
    bench.storage->erase("nothing", {}, [&](Result<std::uint64_t> nothing) {
        left = bench.files().size();
        written.set_value(std::move(nothing));
    });
    release.set_value();
    need(written.get_future().get());
    CHECK(left > files / 2);
    CHECK(need(erased.get_future().get()) == 50 * bench.opus.whole().size());
    CHECK(need(locked.get_future().get()) == 50);
    CHECK(bench.files().size() == files / 2);
    const auto segments = bench.segments();
    REQUIRE(segments.size() == files / 2);
    CHECK(std::ranges::all_of(segments, &RecordedSegment::locked));
    CHECK(bench.storage->status().deleted_bytes == 50 * bench.opus.whole().size());
}

TEST_CASE("deleting a range takes whole segments that are not locked") {
    Bench bench;
    bench.record();
    for (int i = 0; i < 4; ++i) {
        bench.begin(bench.opus, std::int64_t{3} * i, i > 0);
        bench.append(bench.opus);
    }
    bench.settle();
    CHECK(bench.lock(4, 5, true) == 1);
    CHECK(bench.erase(-1, 10) == 2 * bench.opus.whole().size());
    CHECK(bench.spans() == "3-6 opus, 9-12 opus");
    CHECK(bench.files().size() == 2);
}

TEST_CASE("locks outlive the index") {
    Bench bench;
    bench.record();
    for (int i = 0; i < 4; ++i) {
        bench.begin(bench.opus, std::int64_t{3} * i, i > 0);
        bench.append(bench.opus);
    }
    bench.settle();
    // Two that are finished, one of them released again, and the one that is being written.
    CHECK(bench.lock(1, 5, true) == 2);
    CHECK(bench.lock(1, 2, false) == 1);
    CHECK(bench.lock(10, 11, true) == 1);
    bench.writer.reset();
    REQUIRE(bench.storage->close(test::patience()));
    for (const std::string end : {"", "-wal", "-shm"})
        fs::remove(bench.folder.path() / ("index.rill.db" + end));

    bench.storage = bench.make();
    REQUIRE(test::await([&] { return bench.segments().size() == 4; }));
    std::vector<bool> locked;
    for (const RecordedSegment& segment : bench.segments())
        locked.push_back(segment.locked);
    CHECK(locked == std::vector{false, true, false, true});
}

TEST_CASE("a lock is on the file also before its first part, and after one that was cut short") {
    Bench bench;
    bench.record();
    bench.begin(bench.opus, 0);
    bench.settle();
    CHECK(bench.lock(0, 1, true) == 1);
    bench.append(bench.opus);
    bench.begin(bench.opus, 3, true);
    bench.settle();
    const fs::path file = bench.folder.path() / file_name;
    CHECK(is_marked_locked(file));
    // As if the program had ended between the index and the file.
    REQUIRE_FALSE(mark_locked(file, false));
    CHECK(bench.lock(0, 1, true) == 0);
    CHECK(is_marked_locked(file));
}

TEST_CASE("other containers are stored as they are, listed, and have no parts") {
    const Container container = GENERATE(Container::mpegts, Container::matroska);
    const bool is_ts = container == Container::mpegts;
    const std::string init = is_ts ? "" : "head";
    const std::string part =
        is_ts ? std::string(188, 'G') : "\x1F\x43\xB6\x75\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF rest";
    const std::string name = std::string("cam1/1767866400-000000") + (is_ts ? ".ts" : ".mkv");
    Bench bench;
    bench.record();
    const auto format = std::make_shared<const Format>(sound("opus"));
    bench.writer->begin({{format}, bytes_of(init), morning, false, container});
    bench.append(part);
    bench.append(part);
    bench.settle();
    CHECK(bench.files() == std::vector<std::string>{name});
    const bool is_open = GENERATE(true, false);
    if (!is_open) bench.writer.reset();
    bench.settle();
    CHECK(read_file(bench.folder.path() / name) == init + part + part);
    CHECK(bench.spans() == "0-2 opus");
    const auto segments = bench.segments();
    REQUIRE(segments.size() == 1);
    CHECK(segments.front().container == container);
    CHECK(segments.front().open == is_open);
    CHECK(segments.front().bytes == init.size() + 2 * part.size());
    const auto parts = bench.look([&](ArchiveView& view) { return view.parts(segments.front()); });
    REQUIRE_FALSE(parts);
    CHECK(parts.error().code == Code::not_found);
    CHECK(parts.error().message.starts_with("the recording " + fs::path(name).filename().string() + " is "));
    // The next file of the same formats goes on where this one ends, although GStreamer's heads differ.
    if (!is_open) return;
    bench.writer->begin({{format}, bytes_of(init + " anew"), morning + 2 * second, true, container});
    bench.append(part);
    bench.settle();
    bench.writer->begin({{format}, bytes_of(bench.opus.init), morning + 3 * second, true, Container::fmp4});
    bench.append(bench.opus.parts[0]);
    bench.writer.reset();
    bench.settle();
    const auto all = bench.segments();
    REQUIRE(all.size() == 3);
    CHECK(all[0].chain == all[1].chain);
    CHECK(all[1].chain != all[2].chain);
}
