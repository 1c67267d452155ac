#include "testing.hpp"

#include <limits>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

std::int64_t id_at(Index& index, std::int64_t at) {
    const auto found = need(index.segment_at("cam1", morning + at * second));
    REQUIRE(found);
    return found->id;
}

}  // namespace

TEST_CASE("a segment is read back as it was written, also by the next instance") {
    const Folder folder;
    const Segment given = ten_seconds(0);
    {
        Index index = open(folder);
        const auto id = need(index.begin_segment(given));
        need(index.finish_segment(id, given.end_us, given.bytes, given.parts));
    }
    auto opened = need(Index::open(folder.file()));
    CHECK(opened.rebuild.empty());
    const auto read = need(opened.index.segment_at("cam1", morning + 9'999'999));
    REQUIRE(read);
    CHECK(read->path == given.path);
    CHECK(read->file == given.file);
    CHECK(read->start_us == given.start_us);
    CHECK(read->end_us == given.end_us);
    CHECK(read->bytes == given.bytes);
    CHECK(read->init_bytes == given.init_bytes);
    CHECK(read->codecs == given.codecs);
    CHECK_FALSE(read->locked);
    CHECK(need(opened.index.parts(read->id)) == given.parts);
}

TEST_CASE("an unfinished segment is in no lookup, span or total") {
    const Folder folder;
    Index index = open(folder);
    const auto id = need(index.begin_segment(ten_seconds(0)));
    CHECK(file_at(index, 0) == "-");
    CHECK(spans(index).empty());
    CHECK(need(index.totals()) == Totals{});
    CHECK(need(index.paths()).empty());
    CHECK_FALSE(need(index.oldest()));
    CHECK_FALSE(need(index.oldest("cam1")));
    CHECK(need(index.expired("cam1", highest, 9)).empty());
    CHECK(need(index.segments("cam1", lowest, highest, 9)).empty());
    CHECK_FALSE(need(index.nearest("cam1", morning + second)).before);
    CHECK(index.parts(id).error().code == Code::not_found);
    CHECK(files(need(index.unfinished())) == "cam1/0.mp4");
    CHECK(file_of(need(index.find_file("cam1/0.mp4"))) == "cam1/0.mp4");

    need(index.remove(id));
    CHECK(need(index.unfinished()).empty());
    CHECK(need(index.totals()) == Totals{});
}

TEST_CASE("what cannot be is refused and changes nothing") {
    const Folder folder;
    Index index = open(folder);
    const auto id = need(index.begin_segment(ten_seconds(0)));
    CHECK(index.begin_segment(ten_seconds(0)).error().code == Code::conflict);
    CHECK(index.finish_segment(id, morning - 1, 1, {}).error().code == Code::invalid_config);
    CHECK(index.finish_segment(id, morning + second * 8 * 86400, 1, {}).error().code == Code::invalid_config);
    CHECK(index.finish_segment(id, highest, 1, {}).error().code == Code::invalid_config);
    CHECK(index.finish_segment(id, morning + second, ~std::uint64_t{0}, {}).error().code ==
          Code::invalid_config);
    CHECK(index.finish_segment(id + 1, morning + second, 1, {}).error().code == Code::not_found);
    CHECK(index.remove(id + 1).error().code == Code::not_found);
    CHECK(need(index.unfinished()).size() == 1);

    need(index.finish_segment(id, morning + second, 1, {}));
    CHECK(index.finish_segment(id, morning + second, 1, {}).error().code == Code::not_found);
    CHECK(need(index.totals()) == Totals{1, 1});

    Segment nameless = ten_seconds(10);
    nameless.file.clear();
    // The good one before it does not stay either.
    CHECK(index.add(std::vector{ten_seconds(20), nameless}).error().code == Code::invalid_config);
    CHECK(need(index.totals()) == Totals{1, 1});
    CHECK_FALSE(need(index.find_file("cam1/20.mp4")));
}

TEST_CASE("files that are known are left out of what is added") {
    const Folder folder;
    Index index = open(folder);
    CHECK(add(index, {ten_seconds(0), ten_seconds(10)}) == 2);
    CHECK(add(index, {ten_seconds(10), ten_seconds(20), ten_seconds(20)}) == 1);
    CHECK(need(index.totals()).segments == 3);
    CHECK(spans(index) == "0-30");
}

TEST_CASE("a chain is one span, in whatever order its segments come") {
    const Folder folder;
    Index index = open(folder);
    add(index, {ten_seconds(40), ten_seconds(0), ten_seconds(20)});
    CHECK(spans(index) == "0-10 20-30 40-50");
    add(index, {ten_seconds(30)});
    CHECK(spans(index) == "0-10 20-50");
    add(index, {ten_seconds(10)});
    CHECK(spans(index) == "0-50");
    CHECK(spans(index, "cam1", 5, 45) == "5-45");
    CHECK(spans(index, "cam1", 50, 60).empty());
    CHECK(spans(index, "cam2").empty());
    CHECK(need(index.spans("cam1", lowest, highest)).size() == 1);
}

TEST_CASE("a gap, other formats and another chain begin a chain") {
    const Folder folder;
    Index index = open(folder);
    Segment late = ten_seconds(10);
    late.start_us += second;
    late.end_us += second;
    Segment other = ten_seconds(21);
    other.codecs = "hvc1.1.6.L93.B0";
    Segment own = ten_seconds(31);
    own.codecs = other.codecs;
    own.chain = 0;
    add(index, {ten_seconds(0), late, other, own});
    std::vector<std::int64_t> chains;
    for (const Segment& segment : need(index.segments("cam1", lowest, highest, 9)))
        chains.push_back(segment.chain);
    REQUIRE(chains.size() == 4);
    for (std::size_t i = 1; i < chains.size(); ++i)
        CHECK(chains[i] != chains[i - 1]);
    const auto all = need(index.spans("cam1", lowest, highest));
    REQUIRE(all.size() == 3);
    CHECK(all[1].codecs == "avc1.64001f,mp4a.40.2");
    // Without a gap and in the same formats: one span, although of two chains.
    CHECK(all[2] == Span{other.start_us, own.end_us, other.codecs});
}

TEST_CASE("wall-clock times that waver do not break a chain") {
    const Folder folder;
    Index index = open(folder);
    Segment early = ten_seconds(10);
    early.start_us -= 40'000;
    Segment late = ten_seconds(20);
    late.start_us += 40'000;
    add(index, {ten_seconds(0), early, late});
    CHECK(spans(index) == "0-30");
    need(index.remove(id_at(index, 15)));
    CHECK(need(index.spans("cam1", lowest, highest)) ==
          std::vector<Span>{{morning, morning + 10 * second, late.codecs},
                            {late.start_us, late.end_us, late.codecs}});
}

TEST_CASE("removing shortens, splits and ends a chain") {
    const Folder folder;
    Index index = open(folder);
    for (std::int64_t i = 0; i < 7; ++i)
        add(index, {ten_seconds(10 * i)});
    CHECK(spans(index) == "0-70");
    need(index.remove(id_at(index, 0)));
    CHECK(spans(index) == "10-70");
    need(index.remove(id_at(index, 60)));
    CHECK(spans(index) == "10-60");
    need(index.remove(id_at(index, 30)));
    CHECK(spans(index) == "10-30 40-60");
    CHECK(need(index.segment_at("cam1", morning + 20 * second))->chain !=
          need(index.segment_at("cam1", morning + 40 * second))->chain);
    CHECK(need(index.segment_at("cam1", morning + 50 * second))->chain ==
          need(index.segment_at("cam1", morning + 40 * second))->chain);
    need(index.remove(id_at(index, 40)));
    CHECK(spans(index) == "10-30 50-60");
    need(index.remove(id_at(index, 50)));
    CHECK(spans(index) == "10-30");
    // What is open goes on where the chain ended before.
    add(index, {ten_seconds(30)});
    CHECK(spans(index) == "10-40");
    for (const int at : {20, 10, 30})
        need(index.remove(id_at(index, at)));
    CHECK(spans(index).empty());
    CHECK(need(index.totals()) == Totals{});
    CHECK(need(index.totals("cam1")) == Totals{});
}

TEST_CASE("random additions and removals leave the spans and totals of what is there") {
    const Folder folder;
    Index index = open(folder);
    unsigned state = 7;
    const auto random = [&state](unsigned below) {
        return (state = state * 1664525 + 1013904223) / 65536 % below;
    };
    std::vector<bool> there(40, false);
    for (int i = 0; i < 600; ++i) {
        const auto slot = random(40);
        const auto at = static_cast<std::int64_t>(slot) * 10;
        if (there[slot]) {
            need(index.remove(id_at(index, at)));
        } else {
            add(index, {ten_seconds(at)});
        }
        there[slot] = !there[slot];
        std::string expected;
        Totals totals;
        for (std::size_t k = 0; k < there.size(); ++k) {
            if (!there[k]) continue;
            ++totals.segments;
            totals.bytes += ten_seconds(0).bytes;
            if (k == 0 || !there[k - 1])
                expected += fmt::format("{}{}-", expected.empty() ? "" : " ", k * 10);
            if (k + 1 == there.size() || !there[k + 1]) expected += fmt::format("{}", k * 10 + 10);
        }
        REQUIRE(spans(index) == expected);
        REQUIRE(need(index.totals()) == totals);
        REQUIRE(need(index.totals("cam1")) == totals);
    }
}

TEST_CASE("where segments overlap the one recorded last is found, and spans are the union") {
    const Folder folder;
    Index index = open(folder);
    // The clock was set back by 15 s after the second segment, within a chain and then in a new one.
    Segment back = ten_seconds(5);
    Segment next = ten_seconds(15);
    next.chain = 2;
    add(index, {ten_seconds(0), ten_seconds(10), back, next});
    CHECK(spans(index) == "0-25");
    CHECK(file_at(index, 4) == "cam1/0.mp4");
    CHECK(file_at(index, 7) == "cam1/5.mp4");
    CHECK(file_at(index, 14) == "cam1/5.mp4");
    CHECK(file_at(index, 17) == "cam1/15.mp4");
    CHECK(files(need(index.segments("cam1", morning + 6 * second, morning + 16 * second, 9))) ==
          "cam1/0.mp4 cam1/5.mp4 cam1/10.mp4 cam1/15.mp4");
    need(index.remove(id_at(index, 7)));
    CHECK(file_at(index, 7) == "cam1/0.mp4");
    CHECK(spans(index) == "0-25");
    need(index.remove(id_at(index, 7)));
    CHECK(spans(index) == "10-25");
}

TEST_CASE("the nearest before and after a gap") {
    const Folder folder;
    Index index = open(folder);
    // Lasts longer than what was recorded after it with the clock set back.
    Segment lasting = ten_seconds(0);
    lasting.end_us = morning + 100 * second;
    Segment inner = ten_seconds(50);
    inner.chain = 2;
    add(index, {lasting, inner, ten_seconds(200)});
    auto gap = need(index.nearest("cam1", morning + 150 * second));
    CHECK(file_of(gap.before) == "cam1/0.mp4");
    CHECK(file_of(gap.after) == "cam1/200.mp4");
    auto start = need(index.nearest("cam1", lowest));
    CHECK_FALSE(start.before);
    CHECK(file_of(start.after) == "cam1/0.mp4");
    auto end = need(index.nearest("cam1", highest));
    CHECK(file_of(end.before) == "cam1/200.mp4");
    CHECK_FALSE(end.after);
    CHECK_FALSE(need(index.nearest("cam2", morning)).after);
    CHECK_FALSE(need(index.segment_at("cam1", lowest)));
    CHECK_FALSE(need(index.segment_at("cam1", highest)));
}

TEST_CASE("segments are walked in time, those of one start by id") {
    const Folder folder;
    Index index = open(folder);
    Segment twin = ten_seconds(10);
    twin.file = "cam1/10b.mp4";
    add(index, {ten_seconds(20), ten_seconds(10), ten_seconds(0), twin, ten_seconds(5, "cam2")});
    std::string forth;
    auto segment = need(index.nearest("cam1", lowest)).after;
    std::optional<Segment> last;
    while (segment) {
        forth += segment->file + ' ';
        last = segment;
        segment = need(index.next(*segment));
    }
    CHECK(forth == "cam1/0.mp4 cam1/10.mp4 cam1/10b.mp4 cam1/20.mp4 ");
    std::string back;
    for (; last; last = need(index.previous(*last)))
        back += last->file + ' ';
    CHECK(back == "cam1/20.mp4 cam1/10b.mp4 cam1/10.mp4 cam1/0.mp4 ");
    CHECK(files(need(index.segments("cam1", morning + 10 * second, highest, 2))) ==
          "cam1/10.mp4 cam1/10b.mp4");
    CHECK(need(index.segments("cam1", lowest, highest, 0)).empty());
}

TEST_CASE("paths and totals") {
    const Folder folder;
    Index index = open(folder);
    add(index, {ten_seconds(0, "b"), ten_seconds(10, "b"), ten_seconds(20, "a")});
    const std::uint64_t bytes = ten_seconds(0).bytes;
    CHECK(need(index.totals()) == Totals{3, 3 * bytes});
    CHECK(need(index.totals("b")) == Totals{2, 2 * bytes});
    CHECK(need(index.totals("c")) == Totals{});
    const auto paths = need(index.paths());
    REQUIRE(paths.size() == 2);
    CHECK(paths[0].path == "a");
    CHECK(paths[1].totals == Totals{2, 2 * bytes});
    CHECK(paths[1].first_us == morning);
    CHECK(paths[1].last_us == morning + 20 * second);
}

TEST_CASE("retention takes the oldest that is not locked") {
    const Folder folder;
    Index index = open(folder);
    add(index, {ten_seconds(0), ten_seconds(10), ten_seconds(20), ten_seconds(5, "cam2")});
    CHECK(file_of(need(index.oldest())) == "cam1/0.mp4");
    CHECK(file_of(need(index.oldest("cam2"))) == "cam2/5.mp4");
    // Locks whole segments, and only those that have something of it.
    CHECK(need(index.lock("cam1", morning + 9 * second, morning + 10 * second, true)) == 1);
    CHECK(need(index.lock("cam1", morning + 9 * second, morning + 10 * second, true)) == 0);
    CHECK(file_of(need(index.oldest())) == "cam2/5.mp4");
    CHECK(file_of(need(index.oldest("cam1"))) == "cam1/10.mp4");
    CHECK(files(need(index.expired("cam1", morning + 30 * second, 9))) == "cam1/10.mp4 cam1/20.mp4");
    CHECK(files(need(index.expired("cam1", morning + 30 * second - 1, 9))) == "cam1/10.mp4");
    CHECK(files(need(index.expired("cam1", highest, 1))) == "cam1/10.mp4");
    CHECK(need(index.segment_at("cam1", morning))->locked);

    CHECK(need(index.lock("cam1", lowest, highest, true)) == 2);
    CHECK_FALSE(need(index.oldest("cam1")));
    CHECK(need(index.lock("cam1", lowest, highest, false)) == 3);
    CHECK(file_of(need(index.oldest())) == "cam1/0.mp4");
    CHECK(need(index.lock("nobody", lowest, highest, true)) == 0);
}

TEST_CASE("a lock holds what is being recorded, through its end") {
    const Folder folder;
    Index index = open(folder);
    const Segment segment = ten_seconds(0);
    const auto id = need(index.begin_segment(segment));
    CHECK(need(index.lock("cam1", morning - 10 * second, morning, true)) == 0);
    CHECK(need(index.lock("cam1", morning + second, morning + 2 * second, true)) == 1);
    need(index.finish_segment(id, segment.end_us, segment.bytes, segment.parts));
    CHECK_FALSE(need(index.oldest()));
    CHECK(need(index.segment_at("cam1", morning))->locked);
}

TEST_CASE("times before 1970 and at the bounds") {
    const Folder folder;
    Index index = open(folder);
    for (const std::int64_t start : {-Index::time_limit_us, std::int64_t{-5}, Index::time_limit_us - 10}) {
        Segment segment = ten_seconds(0);
        segment.file = fmt::format("{}", start);
        segment.start_us = start;
        segment.end_us = start + 10;
        add(index, {segment});
        CHECK(file_of(need(index.segment_at("cam1", start))) == segment.file);
        CHECK(file_of(need(index.segment_at("cam1", start + 9))) == segment.file);
        CHECK(need(index.spans("cam1", start, start + 10)).size() == 1);
    }
    CHECK(need(index.spans("cam1", lowest, highest)).size() == 3);
    Segment beyond = ten_seconds(0);
    beyond.start_us = lowest;
    beyond.end_us = highest;
    CHECK(index.add(std::vector{beyond}).error().code == Code::invalid_config);
    CHECK(index.begin_segment(beyond).error().code == Code::invalid_config);
}
