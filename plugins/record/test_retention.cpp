// What is deleted, when, and what never is.
#include "recorded_bytes.hpp"
#include "retention.hpp"
#include "testing.hpp"

#include <initializer_list>
#include <map>
#include <set>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

/// A disk that holds nothing, and fails where it is told to.
struct FakeDisk {
    std::uint64_t free = 1'000'000;
    std::set<std::string> gone;
    std::map<std::string, std::errc> broken;  ///< by the beginning of the file's name
    int tries = 0;

    Retention::Disk disk() {
        return {[this]() -> Result<std::uint64_t> { return free; },
                [this](const std::string& file) { return remove(file); }};
    }
    std::error_code remove(const std::string& file) {
        ++tries;
        for (const auto& [start, error] : broken) {
            if (file.starts_with(start)) return std::make_error_code(error);
        }
        gone.insert(file);
        return {};
    }
};

/// An index of segments of an hour and 1000 bytes each, whose hours count from the morning, and its disk.
struct Bench {
    struct Hours {
        std::string path;
        std::int64_t first, last;
    };

    Folder folder;
    Index index = open(folder);
    FakeDisk disk;

    Bench(std::initializer_list<Hours> recorded) {
        for (const Hours& hours : recorded)
            record(hours);
    }

    void record(const Hours& hours) {
        std::vector<Segment> segments;
        for (std::int64_t i = hours.first; i < hours.last; ++i) {
            Segment segment;
            segment.path = hours.path;
            segment.file = fmt::format("{}/{}/{}.mp4", hours.path, i / 24, i);
            segment.start_us = morning + i * hour;
            segment.end_us = segment.start_us + hour;
            segment.bytes = 1000;
            segments.push_back(segment);
        }
        add(index, segments);
    }

    void lock(std::int64_t first, std::int64_t last, bool locked) {
        need(index.lock("cam1", morning + first * hour, morning + last * hour, locked));
    }

    /// "0-24 30-31": what is left of a path, in hours.
    std::string left(const std::string& path = "cam1") {
        std::string text;
        std::int64_t start = 0, end = -1;
        const auto put = [&] {
            if (end >= 0) text += fmt::format("{}{}-{}", text.empty() ? "" : " ", start, end);
        };
        for (const Segment& segment :
             need(index.segments(path, -Index::time_limit_us, Index::time_limit_us, 100'000))) {
            const std::int64_t at = (segment.start_us - morning) / hour;
            if (at != end) {
                put();
                start = at;
            }
            end = at + 1;
        }
        put();
        return text;
    }

    std::uint64_t segments_left() { return need(index.totals("cam1")).segments; }
};

/// Whole turns, with a steady clock of its own.
class Turns {
  public:
    Turns(Bench& bench, RetentionRules rules)
        : retention_(bench.index, std::move(rules), bench.disk.disk(), Log("test")) {}

    /// One turn at an hour after the morning, some time after the one before.
    RetentionStep at(std::int64_t at_hour, std::chrono::nanoseconds later = 1h) {
        steady_ += later;
        RetentionStep sum;
        for (steps = 1;; ++steps) {
            REQUIRE(steps < 10'000);
            const auto step = need(retention_.step({morning + at_hour * hour, steady_}));
            CHECK(step.segments <= 32);
            sum.segments += step.segments;
            sum.bytes += step.bytes;
            sum.short_of_space = step.short_of_space;
            sum.over_size = step.over_size;
            if (!step.more) return sum;
        }
    }

    int steps = 0;

  private:
    Retention retention_;
    std::chrono::nanoseconds steady_{5h};
};

RetentionRules rules_for_cam1(std::int64_t delete_after_us, std::uint64_t max_bytes = 0) {
    RetentionRules rules;
    rules.paths["cam1"] = {delete_after_us, max_bytes};
    return rules;
}

}  // namespace

TEST_CASE("what is too old goes, and nothing else") {
    Bench bench{{"cam1", 0, 10}, {"cam2", 0, 10}};
    Turns turns(bench, rules_for_cam1(5 * hour));
    turns.at(0);
    CHECK(turns.at(5).segments == 0);
    const auto turn = turns.at(6);
    CHECK(turn.segments == 1);
    CHECK(turn.bytes == 1000);
    CHECK(bench.left() == "1-10");
    turns.at(100);
    CHECK(bench.left().empty());
    CHECK(bench.left("cam2") == "0-10");
}

TEST_CASE("no limit is no limit, and paths that are not configured follow the others' rule") {
    Bench bench{{"cam1", 0, 20}, {"old1", 0, 20}, {"old2", 0, 20}};
    RetentionRules rules = rules_for_cam1(0);
    {
        Turns turns(bench, rules);
        turns.at(100'000);
        CHECK(turns.at(100'001).segments == 0);
    }
    rules.others = {10 * hour, 4000};
    Turns turns(bench, rules);
    turns.at(15);
    CHECK(bench.left() == "0-20");
    CHECK(bench.left("old1") == "16-20");
    CHECK(bench.left("old2") == "16-20");
    turns.at(28);
    CHECK(bench.left("old2") == "18-20");
}

TEST_CASE("a path over its size loses its oldest, the root the oldest of all") {
    Bench bench{{"cam1", 10, 30}, {"cam2", 0, 20}};
    RetentionRules rules = rules_for_cam1(0, 15'500);
    {
        Turns turns(bench, rules);
        CHECK(turns.at(30).segments == 5);
        CHECK(bench.left() == "15-30");
    }
    rules.max_bytes = 18'000;
    {
        Turns turns(bench, rules);
        const auto turn = turns.at(30);
        CHECK(turn.segments == 17);
        CHECK_FALSE(turn.over_size);
        CHECK(bench.left("cam2") == "16-20");
        CHECK(bench.left() == "16-30");
    }
    rules.max_bytes = 0;
    rules.min_free = 1'003'001;
    Turns turns(bench, rules);
    CHECK(turns.at(30).segments == 4);
    CHECK(bench.left("cam2") == "18-20");
    CHECK(bench.left() == "18-30");
}

TEST_CASE("what age has freed counts for space") {
    Bench bench{{"cam1", 0, 20}};
    RetentionRules rules = rules_for_cam1(10 * hour);
    Turns turns(bench, rules);
    turns.at(0);
    rules.min_free = bench.disk.free + 5000;
    Turns short_turns(bench, rules);
    short_turns.at(0);
    CHECK(bench.left() == "5-20");
    bench.disk.free += 5000;
    CHECK(short_turns.at(20).segments == 5);
    bench.disk.free += 5000 - 7000;
    CHECK(short_turns.at(22).segments == 2);
    CHECK(bench.left() == "12-20");
}

TEST_CASE("it is said when nothing is left that may be deleted") {
    Bench bench{{"cam1", 0, 10}};
    bench.lock(2, 4, true);
    Segment unfinished = ten_seconds(0);
    need(bench.index.begin_segment(unfinished));
    RetentionRules rules = rules_for_cam1(hour, 1);
    rules.max_bytes = 1;
    rules.min_free = bench.disk.free + 8001;
    Turns turns(bench, rules);
    const auto turn = turns.at(1000);
    CHECK(turn.segments == 8);
    CHECK(turn.short_of_space);
    CHECK(turn.over_size);
    CHECK(bench.left() == "2-4");
    CHECK(need(bench.index.unfinished()).size() == 1);
    CHECK_FALSE(bench.disk.gone.contains(unfinished.file));
    bench.disk.free += 8001;
    CHECK_FALSE(turns.at(1000).short_of_space);
    bench.lock(0, 10, false);
    CHECK_FALSE(turns.at(1000).over_size);
    CHECK(bench.left().empty());
}

TEST_CASE("what is dated in the future is not old") {
    Bench bench{{"cam1", 87'600, 87'610}, {"cam1", 0, 10}};
    Turns turns(bench, rules_for_cam1(5 * hour));
    turns.at(0);
    turns.at(20);
    CHECK(bench.left() == "87600-87610");
}

TEST_CASE("a clock that leaps ahead does not empty the disk") {
    Bench bench{{"cam1", 0, 720}};
    const RetentionRules rules = rules_for_cam1(30 * day);
    {
        // A day at once, however long it ran well before.
        Turns turns(bench, rules);
        turns.at(720);
        turns.at(720, 1000h);
        CHECK(bench.segments_left() == 720);
        turns.at(100'000, 1s);
        CHECK(bench.segments_left() == 720 - 24);
        // Then 24 times as fast as real time.
        turns.at(100'000, 30min);
        CHECK(bench.segments_left() == 720 - 36);
        // The clock is right again.
        turns.at(720, 10h);
        CHECK(bench.segments_left() == 720 - 36);
    }
    // Restarted with a wrong clock, again and again.
    for (int i = 0; i < 20; ++i) {
        Turns turns(bench, rules);
        turns.at(100'000);
        turns.at(100'000, 1s);
    }
    CHECK(bench.segments_left() == 720 - 36 - 20);
}

TEST_CASE("a clock that leaps ahead does not delete what was recorded now and then") {
    Bench bench{};
    for (std::int64_t i = 0; i < 30; ++i)
        bench.record({"cam1", 24 * i, 24 * i + 1});
    Turns turns(bench, rules_for_cam1(30 * day));
    turns.at(720);
    for (int i = 1; i <= 5; ++i)
        turns.at(100'000);
    const auto left = bench.segments_left();
    CHECK(left >= 24);
    CHECK(left < 29);
}

TEST_CASE("what cannot be deleted stays known, holds nobody up and is tried in the next turn") {
    Bench bench{{"cam1", 0, 96}, {"cam2", 0, 24}};
    RetentionRules rules;
    rules.max_bytes = 10'000;
    bench.disk.broken = {{"cam1/0/", std::errc::permission_denied},
                         {"cam1/2/", std::errc::permission_denied},
                         {"cam1/1/30.mp4", std::errc::operation_not_permitted}};
    Turns turns(bench, rules);
    auto turn = turns.at(100);
    CHECK(turn.segments == 24 + 23 + 24);
    CHECK(turn.over_size);
    CHECK(bench.left() == "0-24 30-31 48-72");
    CHECK(bench.left("cam2").empty());
    CHECK(bench.disk.tries == 71 + 16 + 1 + 16);

    bench.disk.tries = 0;
    turn = turns.at(101);
    CHECK(turn.segments == 0);
    CHECK(bench.disk.tries == 16 + 1 + 16);
    bench.disk.broken.clear();
    turn = turns.at(102);
    CHECK_FALSE(turn.over_size);
    CHECK(bench.left() == "62-72");
}

TEST_CASE("age and a path's size pass over what cannot be deleted") {
    Bench bench{{"cam1", 0, 72}};
    bench.disk.broken = {{"cam1/0/", std::errc::permission_denied}};
    Turns turns(bench, rules_for_cam1(10 * hour, 0));
    turns.at(0);
    turns.at(40);
    CHECK(bench.left() == "0-24 30-72");
    Turns by_size(bench, rules_for_cam1(0, 40'000));
    by_size.at(72);
    CHECK(bench.left() == "0-24 56-72");
    bench.disk.broken.clear();
    turns.at(41);
    CHECK(bench.left() == "56-72");
}

TEST_CASE("a disk that can only be read ends the turn") {
    Bench bench{{"cam1", 0, 100}};
    RetentionRules rules;
    rules.min_free = bench.disk.free + 1;
    bench.disk.broken = {{"", std::errc::read_only_file_system}};
    Turns turns(bench, rules);
    CHECK(turns.at(0).short_of_space);
    CHECK(bench.disk.tries == 1);
    CHECK(bench.left() == "0-100");
}

TEST_CASE("locked segments hold nobody up, however many they are") {
    Bench bench{{"cam1", 0, 3000}};
    bench.lock(1, 2900, true);
    bench.disk.broken = {{"cam1/0/0.mp4", std::errc::permission_denied}};
    Turns turns(bench, rules_for_cam1(0, 2'990'000));
    CHECK(turns.at(0).segments == 10);
    CHECK(bench.left() == "0-2900 2910-3000");
    CHECK(turns.steps > 2900 / 512);
}

TEST_CASE("a real disk has free space, and loses files") {
    const Folder folder;
    write_file(folder.path() / "cam1/1.mp4", "x");
    const Retention::Disk disk = Retention::disk_of(folder.path());
    CHECK(need(disk.free_bytes()) > 0);
    CHECK(need(disk.free_bytes()) <= fs::space(folder.path()).capacity);
    CHECK_FALSE(disk.remove("cam1/1.mp4"));
    CHECK_FALSE(fs::exists(folder.path() / "cam1"));
    const auto unknown = Retention::disk_of(folder.path() / "missing").free_bytes();
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Code::unavailable);
}
