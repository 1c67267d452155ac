// What is deleted, when, and what never is.
#include "recorded_bytes.hpp"
#include "retention.hpp"
#include "testing.hpp"

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

/// Hours of a path from `first` to `last`, in segments of an hour and 1000 bytes each; counted from the
/// morning.
void add_hours(Index& index, const std::string& path, std::int64_t first, std::int64_t last) {
    std::vector<Segment> segments;
    for (std::int64_t i = first; i < last; ++i) {
        Segment segment;
        segment.path = path;
        segment.file = fmt::format("{}/{}/{}.mp4", path, i / 24, i);
        segment.start_us = morning + i * hour;
        segment.end_us = segment.start_us + hour;
        segment.bytes = 1000;
        segments.push_back(segment);
    }
    add(index, segments);
}

/// "0-24 30-31": what there is of a path, in hours.
std::string hours(Index& index, const std::string& path = "cam1") {
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

/// Whole turns, with a steady clock of its own.
class Turns {
  public:
    Turns(Index& index, RetentionRules rules, FakeDisk& disk)
        : retention_(index, std::move(rules), disk.disk(), Log("test")) {}

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
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 10);
    add_hours(index, "cam2", 0, 10);
    Turns turns(index, rules_for_cam1(5 * hour), disk);
    turns.at(0);
    CHECK(turns.at(5).segments == 0);
    const auto turn = turns.at(6);
    CHECK(turn.segments == 1);
    CHECK(turn.bytes == 1000);
    CHECK(hours(index) == "1-10");
    turns.at(100);
    CHECK(hours(index).empty());
    CHECK(hours(index, "cam2") == "0-10");
}

TEST_CASE("no limit is no limit, and paths that are not configured follow the others' rule") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    for (const char* path : {"cam1", "old1", "old2"})
        add_hours(index, path, 0, 20);
    RetentionRules rules = rules_for_cam1(0);
    {
        Turns turns(index, rules, disk);
        turns.at(100'000);
        CHECK(turns.at(100'001).segments == 0);
    }
    rules.others = {10 * hour, 4000};
    Turns turns(index, rules, disk);
    turns.at(15);
    CHECK(hours(index) == "0-20");
    CHECK(hours(index, "old1") == "16-20");
    CHECK(hours(index, "old2") == "16-20");
    turns.at(28);
    CHECK(hours(index, "old2") == "18-20");
}

TEST_CASE("a path over its size loses its oldest, the root the oldest of all") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 10, 30);
    add_hours(index, "cam2", 0, 20);
    RetentionRules rules = rules_for_cam1(0, 15'500);
    {
        Turns turns(index, rules, disk);
        CHECK(turns.at(30).segments == 5);
        CHECK(hours(index) == "15-30");
    }
    rules.max_bytes = 18'000;
    {
        Turns turns(index, rules, disk);
        const auto turn = turns.at(30);
        CHECK(turn.segments == 17);
        CHECK_FALSE(turn.over_size);
        CHECK(hours(index, "cam2") == "16-20");
        CHECK(hours(index) == "16-30");
    }
    rules.max_bytes = 0;
    rules.min_free = 1'003'001;
    Turns turns(index, rules, disk);
    CHECK(turns.at(30).segments == 4);
    CHECK(hours(index, "cam2") == "18-20");
    CHECK(hours(index) == "18-30");
}

TEST_CASE("what age has freed counts for space") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 20);
    RetentionRules rules = rules_for_cam1(10 * hour);
    Turns turns(index, rules, disk);
    turns.at(0);
    rules.min_free = disk.free + 5000;
    Turns short_turns(index, rules, disk);
    short_turns.at(0);
    CHECK(hours(index) == "5-20");
    disk.free += 5000;
    CHECK(short_turns.at(20).segments == 5);
    disk.free += 5000 - 7000;
    CHECK(short_turns.at(22).segments == 2);
    CHECK(hours(index) == "12-20");
}

TEST_CASE("it is said when nothing is left that may be deleted") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 10);
    need(index.lock("cam1", morning + 2 * hour, morning + 4 * hour, true));
    Segment unfinished = ten_seconds(0);
    need(index.begin_segment(unfinished));
    RetentionRules rules = rules_for_cam1(hour, 1);
    rules.max_bytes = 1;
    rules.min_free = disk.free + 8001;
    Turns turns(index, rules, disk);
    const auto turn = turns.at(1000);
    CHECK(turn.segments == 8);
    CHECK(turn.short_of_space);
    CHECK(turn.over_size);
    CHECK(hours(index) == "2-4");
    CHECK(need(index.unfinished()).size() == 1);
    CHECK_FALSE(disk.gone.contains(unfinished.file));
    disk.free += 8001;
    CHECK_FALSE(turns.at(1000).short_of_space);
    need(index.lock("cam1", morning, morning + 10 * hour, false));
    CHECK_FALSE(turns.at(1000).over_size);
    CHECK(hours(index).empty());
}

TEST_CASE("what is dated in the future is not old") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 87'600, 87'610);
    add_hours(index, "cam1", 0, 10);
    Turns turns(index, rules_for_cam1(5 * hour), disk);
    turns.at(0);
    turns.at(20);
    CHECK(hours(index) == "87600-87610");
}

TEST_CASE("a clock that leaps ahead does not empty the disk") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 720);
    const auto left = [&index] { return need(index.totals("cam1")).segments; };
    const RetentionRules rules = rules_for_cam1(30 * day);
    {
        // A day at once, however long it ran well before.
        Turns turns(index, rules, disk);
        turns.at(720);
        turns.at(720, 1000h);
        CHECK(left() == 720);
        turns.at(100'000, 1s);
        CHECK(left() == 720 - 24);
        // Then 24 times as fast as real time.
        turns.at(100'000, 30min);
        CHECK(left() == 720 - 36);
        // The clock is right again.
        turns.at(720, 10h);
        CHECK(left() == 720 - 36);
    }
    // Restarted with a wrong clock, again and again.
    for (int i = 0; i < 20; ++i) {
        Turns turns(index, rules, disk);
        turns.at(100'000);
        turns.at(100'000, 1s);
    }
    CHECK(left() == 720 - 36 - 20);
}

TEST_CASE("a clock that leaps ahead does not delete what was recorded now and then") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    for (std::int64_t i = 0; i < 30; ++i)
        add_hours(index, "cam1", 24 * i, 24 * i + 1);
    Turns turns(index, rules_for_cam1(30 * day), disk);
    turns.at(720);
    for (int i = 1; i <= 5; ++i)
        turns.at(100'000);
    const auto left = need(index.totals("cam1")).segments;
    CHECK(left >= 24);
    CHECK(left < 29);
}

TEST_CASE("what cannot be deleted stays known, holds nobody up and is tried in the next turn") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 96);
    add_hours(index, "cam2", 0, 24);
    RetentionRules rules;
    rules.max_bytes = 10'000;
    disk.broken = {{"cam1/0/", std::errc::permission_denied},
                   {"cam1/2/", std::errc::permission_denied},
                   {"cam1/1/30.mp4", std::errc::operation_not_permitted}};
    Turns turns(index, rules, disk);
    auto turn = turns.at(100);
    CHECK(turn.segments == 24 + 23 + 24);
    CHECK(turn.over_size);
    CHECK(hours(index) == "0-24 30-31 48-72");
    CHECK(hours(index, "cam2").empty());
    CHECK(disk.tries == 71 + 16 + 1 + 16);

    disk.tries = 0;
    turn = turns.at(101);
    CHECK(turn.segments == 0);
    CHECK(disk.tries == 16 + 1 + 16);
    disk.broken.clear();
    turn = turns.at(102);
    CHECK_FALSE(turn.over_size);
    CHECK(hours(index) == "62-72");
}

TEST_CASE("age and a path's size pass over what cannot be deleted") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 72);
    disk.broken = {{"cam1/0/", std::errc::permission_denied}};
    Turns turns(index, rules_for_cam1(10 * hour, 0), disk);
    turns.at(0);
    turns.at(40);
    CHECK(hours(index) == "0-24 30-72");
    Turns by_size(index, rules_for_cam1(0, 40'000), disk);
    by_size.at(72);
    CHECK(hours(index) == "0-24 56-72");
    disk.broken.clear();
    turns.at(41);
    CHECK(hours(index) == "56-72");
}

TEST_CASE("a disk that can only be read ends the turn") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 100);
    RetentionRules rules;
    rules.min_free = disk.free + 1;
    disk.broken = {{"", std::errc::read_only_file_system}};
    Turns turns(index, rules, disk);
    CHECK(turns.at(0).short_of_space);
    CHECK(disk.tries == 1);
    CHECK(hours(index) == "0-100");
}

TEST_CASE("locked segments hold nobody up, however many they are") {
    const Folder folder;
    Index index = open(folder);
    FakeDisk disk;
    add_hours(index, "cam1", 0, 3000);
    need(index.lock("cam1", morning + hour, morning + 2900 * hour, true));
    disk.broken = {{"cam1/0/0.mp4", std::errc::permission_denied}};
    Turns turns(index, rules_for_cam1(0, 2'990'000), disk);
    CHECK(turns.at(0).segments == 10);
    CHECK(hours(index) == "0-2900 2910-3000");
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
