// File names of recordings, there and back, in any time zone.
#include "catch.hpp"
#include "file_pattern.hpp"
#include "local_time.hpp"
#include "testing.hpp"

#include <cstdlib>
#include <ctime>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;

namespace fs = std::filesystem;

namespace {

constexpr const char* usual = "/rec/%path/%Y-%m-%d_%H-%M-%S-%f";

/// Another time zone for as long as it lives.
class TimeZone {
  public:
    explicit TimeZone(const char* name) {
        if (const char* before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    TimeZone(const TimeZone&) = delete;
    TimeZone& operator=(const TimeZone&) = delete;
    ~TimeZone() {
        if (before_.empty()) {
            ::unsetenv("TZ");
        } else {
            ::setenv("TZ", before_.c_str(), 1);
        }
        ::tzset();
    }

  private:
    std::string before_;
};

// POSIX rules, so that no test depends on the machine's tzdata.
constexpr const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr const char* new_york = "EST5EDT,M3.2.0,M11.1.0";
constexpr const char* lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
constexpr const char* chatham = "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45";
constexpr const char* kathmandu = "<+0545>-5:45";

FilePattern pattern_of(std::string_view text) {
    return need(FilePattern::parse(text));
}

std::string refusal(std::string_view text) {
    const auto pattern = FilePattern::parse(text);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == Code::invalid_config);
    INFO(pattern.error().message);
    CHECK(pattern.error().message.find(fmt::format("recordPath '{}': ", text)) == 0);
    return pattern.error().message;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// "path at utc_us", or "-".
std::string read(const FilePattern& pattern, std::string_view file) {
    const auto parsed = pattern.read(file);
    return parsed ? fmt::format("{} at {}", parsed->path, parsed->utc_us) : "-";
}

std::string there_and_back(const FilePattern& pattern, const std::string& path, std::int64_t utc_us) {
    return read(pattern, pattern.relative_file(path, utc_us));
}

class Random {
  public:
    std::int64_t below(std::int64_t limit) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::int64_t>((state_ >> 2) % static_cast<std::uint64_t>(limit));
    }

  private:
    std::uint64_t state_ = 1;
};

}  // namespace

TEST_CASE("a recording's file is named as MediaMTX names it") {
    const TimeZone zone(berlin);
    const std::int64_t time = 1'795'251'600 * second + 123'456;
    CHECK(pattern_of(usual).relative_file("site/door/2", time) ==
          "site/door/2/2026-11-21_10-00-00-123456.mp4");
    CHECK(pattern_of("/rec/%Y/%m/%d/cam-%path_%s.%f%z").relative_file("a", time) ==
          "2026/11/21/cam-a_1795251600.123456+0100.mp4");
    CHECK(pattern_of("/rec/%path/%s-%f").relative_file("a", -1) == "a/-1-999999.mp4");
    const TimeZone utc("UTC0");
    CHECK(pattern_of("/rec/%path/%s-%f%z").relative_file("a", 1) == "a/0-000001Z.mp4");
    CHECK(pattern_of(usual).relative_file("a", 0) == "a/1970-01-01_00-00-00-000000.mp4");
    CHECK(pattern_of(usual).relative_file("a", -1) == "a/1969-12-31_23-59-59-999999.mp4");
}

TEST_CASE("the root is the fixed folder before the first %") {
    const auto root = [](std::string_view start) {
        return pattern_of(std::string(start) + "%Y-%m-%d_%H-%M-%S-%f").root();
    };
    const fs::path here = fs::current_path();
    CHECK(root("./recordings/%path/") == here / "recordings");
    CHECK(root("recordings/%path/") == here / "recordings");
    CHECK(root("%path/") == here);
    CHECK(root("./%path/") == here);
    CHECK(root("../a/%path/") == here.parent_path() / "a");
    CHECK(root("/data/cam-%path/") == "/data");
    CHECK(root("/data//x/./y/../%path/") == "/data/x");
    CHECK(root("/data/%path/fixed/") == "/data");
    CHECK(root("/data/fixed-%path") == "/data");
    CHECK(pattern_of("/d/./%path//x/./%s-%f").relative_file("a", 0) == "a/x/0-000000.mp4");
}

TEST_CASE("a pattern that cannot work is refused with what is missing") {
    CHECK(has(refusal("/rec/%Y-%m-%d_%H-%M-%S-%f"), "%path is missing"));
    CHECK(has(refusal("/rec/%path/%Y-%m-%d_%H-%M-%S"), "%f (microseconds) is missing"));
    CHECK(has(refusal("/rec/%path/%Y-%m-%d_%H-%f"), "add %M %S, or %s"));
    CHECK(has(refusal("/rec/%path/%f"), "add %Y %m %d %H %M %S, or %s"));
    CHECK(has(refusal("/rec/%path/%s-%f-%q"), "'%q' is not known"));
    CHECK(has(refusal("/rec/%path/%s-%f-%pat"), "'%p' is not known"));
    CHECK(has(refusal("/rec/%path/%s-%f-100%"), "'%' is not known"));
    CHECK(has(refusal("/rec/%path/100%%-%s-%f"), "'%%' is not known"));
    CHECK(has(refusal("/rec/%path/../%s-%f"), "'..'"));
    CHECK(has(refusal("/rec/%path/%s-%f/.."), "'..'"));
    CHECK(has(refusal("/rec/%path/%s-%f/"), "name of the file is missing"));
    CHECK(has(refusal("/%path/%s-%f"), "folder of their own"));
    CHECK(has(refusal("/rec/../%path/%s-%f"), "folder of their own"));
    CHECK(has(refusal("/rec/%path%s-%f"), "between %path and %s"));
    CHECK(has(refusal("/rec/%path%f%s"), "between %path and %s"));
    CHECK(has(refusal("/rec/%s0%path/%f"), "between %path and %s"));
    CHECK(has(refusal(""), "%path is missing"));
}

TEST_CASE("no name of a path leads out of the root") {
    const FilePattern pattern = pattern_of("/rec/%path/%s-%f");
    CHECK(pattern.relative_file("../../etc", 0) == "__/__/etc/0-000000.mp4");
    CHECK(pattern.relative_file("/etc//x/", 0) == "etc/x/0-000000.mp4");
    CHECK(pattern.relative_file(".", 0) == "_/0-000000.mp4");
    CHECK(pattern.relative_file("", 0) == "0-000000.mp4");
    CHECK(pattern.relative_file(std::string("a\0b", 3), 0) == "a_b/0-000000.mp4");
    CHECK(pattern_of("/rec/.%path/%s-%f").relative_file("./x", 0) == "__/x/0-000000.mp4");
    CHECK(pattern.relative_file("...", 0) == ".../0-000000.mp4");
}

TEST_CASE("names come back, whatever the path is called") {
    const TimeZone zone(berlin);
    const char* patterns[] = {usual,
                              "/rec/%path-%Y-%m-%d_%H-%M-%S-%f",
                              "/rec/%Y-%m-%d/%path/%H-%M-%S-%f",
                              "/rec/%path%Y%m%d%H%M%S%f",
                              "/rec/%path-%s-%f",
                              "/rec/%s-%path-%f",
                              "/rec/%path/%s%f",
                              "/rec/%path/%Y/%path_%Y-%m-%d_%H-%M-%S-%f",
                              "/rec/%path%z%Y%m%d%H%M%S%f",
                              "/rec/%z%path/%Y-%m-%d/%H.%M.%S.%f",
                              "/rec/[%path](*)/%Y-%m-%d_%H-%M-%S-%f"};
    const char* paths[] = {"cam1",
                           "site/door/2",
                           "2026-11-21_10-00-00-123456",
                           "2026-11-21_10-00-00-123456.mp4/x",
                           "a.b-c_d",
                           "1",
                           "20261121100000123456",
                           "x-1700000000",
                           "1700000000-1700000000",
                           "Z",
                           "+0100",
                           ".mp4",
                           "%path",
                           "tür größe"};
    for (const char* text : patterns) {
        const FilePattern pattern = pattern_of(text);
        for (const char* path : paths) {
            INFO(text << " " << path);
            CHECK(there_and_back(pattern, path, morning + 123'456) ==
                  fmt::format("{} at {}", path, morning + 123'456));
        }
    }
}

TEST_CASE("times come back in every time zone, but for the hour that comes twice") {
    const std::string zone_name =
        GENERATE(as<std::string>(), berlin, new_york, lord_howe, chatham, kathmandu, "UTC0");
    const TimeZone zone(zone_name.c_str());
    INFO(zone_name);
    const FilePattern local = pattern_of(usual);
    const FilePattern with_zone = pattern_of("/rec/%path/%Y-%m-%d_%H-%M-%S-%f%z");
    const FilePattern seconds = pattern_of("/rec/%path/%s-%f");
    Random random;
    int twice = 0;
    for (int i = 0; i < 30'000; ++i) {
        // The years 1900 to 2200; and closely around the changes of 2026, where they matter.
        std::int64_t utc_us = (random.below(9'467'000'000) - 2'208'988'000) * second + random.below(second);
        if (i % 2 == 0) utc_us = (1'767'225'600 + random.below(35'040) * 900) * second;
        const std::string expected = fmt::format("a at {}", utc_us);
        if (there_and_back(with_zone, "a", utc_us) != expected ||
            there_and_back(seconds, "a", utc_us) != expected)
            FAIL(expected);
        const std::string file = local.relative_file("a", utc_us);
        const auto parsed = local.read(file);
        REQUIRE(parsed);
        if (parsed->utc_us == utc_us) continue;
        // An earlier time of the same name.
        if (parsed->utc_us > utc_us || local.relative_file("a", parsed->utc_us) != file) FAIL(expected);
        ++twice;
    }
    const bool changes = zone_name.find(',') != std::string_view::npos;
    CHECK((twice > 0) == changes);
    CHECK(twice < 100);
}

TEST_CASE("the hour that comes twice is its first pass, the one that never comes is moved on") {
    const TimeZone zone(berlin);
    const FilePattern pattern = pattern_of(usual);
    // 2026-10-25: 03:00 summer time (01:00 UTC) is 02:00 again.
    const std::int64_t first = 1'792'888'200 * second;  // 00:30 UTC
    CHECK(pattern.relative_file("a", first) == "a/2026-10-25_02-30-00-000000.mp4");
    CHECK(pattern.relative_file("a", first + 3600 * second) == "a/2026-10-25_02-30-00-000000.mp4");
    CHECK(read(pattern, "a/2026-10-25_02-30-00-000000.mp4") == fmt::format("a at {}", first));
    const FilePattern with_zone = pattern_of("/rec/%path/%Y-%m-%d_%H-%M-%S-%f%z");
    CHECK(read(with_zone, "a/2026-10-25_02-30-00-000000+0200.mp4") == fmt::format("a at {}", first));
    CHECK(read(with_zone, "a/2026-10-25_02-30-00-000000+0100.mp4") ==
          fmt::format("a at {}", first + 3600 * second));
    CHECK(read(with_zone, "a/2026-10-25_00-30-00-000000Z.mp4") == fmt::format("a at {}", first));
    CHECK(read(with_zone, "a/2026-10-25_00-30-00-000000+0000.mp4") == fmt::format("a at {}", first));
    CHECK(read(with_zone, "a/2026-10-24_15-00-00-000000-0930.mp4") == fmt::format("a at {}", first));
    // 2026-03-29: after 02:00 comes 03:00 (01:00 UTC).
    CHECK(read(pattern, "a/2026-03-29_02-30-00-000000.mp4") ==
          fmt::format("a at {}", 1'774'747'800 * second));  // 01:30 UTC
}

TEST_CASE("what is no date, or another pattern's, is not read") {
    const TimeZone zone("UTC0");
    const FilePattern pattern = pattern_of(usual);
    CHECK(read(pattern, "a/2024-02-29_00-00-00-000000.mp4") ==
          fmt::format("a at {}", 1'709'164'800 * second));
    for (const char* file : {"a/2023-02-29_00-00-00-000000.mp4", "a/2024-13-01_00-00-00-000000.mp4",
                             "a/2024-00-01_00-00-00-000000.mp4", "a/2024-04-31_00-00-00-000000.mp4",
                             "a/2024-01-01_24-00-00-000000.mp4", "a/2024-01-01_00-60-00-000000.mp4",
                             "a/2024-01-01_00-00-60-000000.mp4", "a/2024-01-01_00-00-00-00000.mp4",
                             "a/2024-01-01_00-00-00-0000000.mp4", "a/2024-01-01_00-00-00-000000.mp4.part",
                             "a/2024-01-01_00-00-00-000000.avi", "2024-01-01_00-00-00-000000.mp4",
                             "/2024-01-01_00-00-00-000000.mp4", "a/2024-01-01_00-00-00-+00000.mp4",
                             "a/20x4-01-01_00-00-00-000000.mp4", "", "a", "index.rill.db"}) {
        INFO(file);
        CHECK(read(pattern, file) == "-");
    }
    const FilePattern twice = pattern_of("/rec/%path/%Y/%path_%Y-%m-%d_%H-%M-%S-%f");
    CHECK(read(twice, "a/2024/a_2024-01-01_00-00-00-000000.mp4") ==
          fmt::format("a at {}", 1'704'067'200 * second));
    CHECK(read(twice, "a/2024/b_2024-01-01_00-00-00-000000.mp4") == "-");
    CHECK(read(twice, "a/2024/a_2025-01-01_00-00-00-000000.mp4") == "-");
    const FilePattern zoned = pattern_of("/rec/%path/%s-%f%z");
    CHECK(read(zoned, "a/5-000000x0100.mp4") == "-");
    CHECK(read(zoned, "a/5-000000+01:0.mp4") == "-");
    CHECK(read(zoned, "a/123456789012345678901234567890-000000Z.mp4") == "-");
}

TEST_CASE("each container has its extension, and all are read") {
    const auto pattern = FilePattern::parse("/srv/%path/%s-%f");
    REQUIRE(pattern);
    for (const auto& [container, extension] :
         {std::pair{Container::fmp4, ".mp4"}, std::pair{Container::mpegts, ".ts"},
          std::pair{Container::matroska, ".mkv"}}) {
        const std::string file = pattern->relative_file("cam1", 1'500'000, container);
        CHECK(file == std::string("cam1/1-500000") + extension);
        const auto parsed = pattern->read(file);
        REQUIRE(parsed);
        CHECK(parsed->path == "cam1");
        CHECK(parsed->utc_us == 1'500'000);
    }
    CHECK_FALSE(pattern->read("cam1/1-500000.avi"));
    CHECK_FALSE(pattern->read("cam1/1-500000"));
}
