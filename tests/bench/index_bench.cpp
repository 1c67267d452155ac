// What the index of recordings costs at the size of a month of fifty cameras. Not a test: it prints, and
// judges nothing.
//
//   index-bench FOLDER [DAYS] [PATHS]      makes FOLDER/index.rill.db (2 to 3 GB for 30 and 50) and leaves it
//   there
#include "index.hpp"
#include "measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

using namespace rill;
using namespace rill::record;
using bench::need;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t segment_us = 10 * second;
constexpr std::int64_t first_us = 1'767'225'600 * second;  // 2026-01-01
constexpr int batch_steps = 200;

struct Size {
    int days = 30;
    int paths = 50;
    std::int64_t steps() const { return std::int64_t{days} * 24 * 360; }
    std::int64_t end_us() const { return first_us + steps() * segment_us; }
};

/// An answer about what is not there would be fast, and say nothing.
void expect(bool found) {
    if (found) return;
    fmt::print(stderr, "index-bench: a lookup found nothing, its time would mean nothing\n");
    std::exit(1);
}

std::string camera(int number) {
    return fmt::format("site/cam{:02}", number);
}

Segment make_segment(int path, std::int64_t step, std::mt19937_64& random) {
    Segment segment;
    segment.path = camera(path);
    segment.start_us = first_us + step * segment_us;
    segment.end_us = segment.start_us + segment_us;
    const std::int64_t of_day = step % 8640 * 10;
    segment.file = fmt::format("{}/2026-01-{:02}/{:02}-{:02}-{:02}-000000.mp4", segment.path, step / 8640 + 1,
                               of_day / 3600, of_day / 60 % 60, of_day % 60);
    segment.init_bytes = 1320;
    segment.chain = 1;
    segment.codecs = "avc1.64001f,mp4a.40.2";
    for (int part = 0; part < 10; ++part) {
        const auto bytes = static_cast<std::uint32_t>(150'000 + random() % 200'000);
        const auto jitter = static_cast<std::uint32_t>(random() % 3 == 0 ? 11 : 0);
        segment.parts.push_back({1'000'000 + jitter, bytes, part % 2 == 0});
        segment.bytes += bytes;
    }
    return segment;
}

void fill(Index& index, const Size& size) {
    std::mt19937_64 random(1);
    const auto begin = Clock::now();
    std::vector<Segment> batch;
    for (std::int64_t step = 0; step < size.steps(); ++step) {
        // All cameras record at once, so that their rows lie mixed as in life.
        for (int path = 0; path < size.paths; ++path)
            batch.push_back(make_segment(path, step, random));
        if (step % batch_steps != batch_steps - 1 && step != size.steps() - 1) continue;
        need(index.add(batch));
        batch.clear();
        if (step % 8640 < batch_steps) {
            const std::chrono::duration<double> passed = Clock::now() - begin;
            fmt::print(stderr, "day {} of {} after {:.0f} s\n", step / 8640 + 1, size.days, passed.count());
        }
    }
    const std::chrono::duration<double> passed = Clock::now() - begin;
    const std::int64_t rows = size.steps() * size.paths;
    fmt::print("filled: {} segments in {:.0f} s, {:.0f} a second\n", rows, passed.count(),
               static_cast<double>(rows) / passed.count());
}

/// Median, 99th percentile and maximum of `count` calls, in ms.
void measure(std::string_view what, int count, const std::function<void()>& call) {
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const auto begin = Clock::now();
        call();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    fmt::print("{:<44} {:>8.3f} {:>8.3f} {:>8.3f}\n", what, times[times.size() / 2],
               times[times.size() * 99 / 100], times.back());
}

/// As after a start of the machine: nothing of the file is in memory.
void forget_pages(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY);
    ::fdatasync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
}

void seek(Index& index, const Size& size, std::mt19937_64& random) {
    const std::string path = camera(static_cast<int>(random() % static_cast<unsigned>(size.paths)));
    const auto range = static_cast<std::uint64_t>(size.end_us() - first_us);
    const std::int64_t utc = first_us + static_cast<std::int64_t>(random() % range);
    const auto segment = need(index.segment_at(path, utc));
    if (!segment || segment->start_us > utc || segment->end_us <= utc) std::abort();
    std::int64_t part_us = segment->start_us;
    for (const Part& part : need(index.parts(segment->id)))
        part_us += part_us <= utc ? part.duration_us : 0;
    if (part_us <= utc) std::abort();
}

void read(Index& index, const Size& size, std::string_view state) {
    std::mt19937_64 random(2);
    const std::string path = camera(size.paths / 2);
    const std::int64_t day = std::int64_t{86400} * second;
    const auto named = [state](std::string_view what) { return fmt::format("{} ({})", what, state); };
    measure(named("first seek"), 1, [&] { seek(index, size, random); });
    measure(named("seek: segment and parts"), 1000, [&] { seek(index, size, random); });
    measure(named("spans of the whole time"), 100,
            [&] { expect(need(index.spans(path, first_us, size.end_us())).size() == 1); });
    measure(named("oldest of a path"), 100, [&] { expect(need(index.oldest(path)).has_value()); });
    measure(named("oldest of all"), 100, [&] { expect(need(index.oldest()).has_value()); });
    measure(named("paths"), 100,
            [&] { expect(need(index.paths()).size() == static_cast<std::size_t>(size.paths)); });
    measure(named("totals"), 100, [&] { expect(need(index.totals()).segments > 0); });
    measure(named("a day's segments of a path"), 10,
            [&] { expect(need(index.segments(path, first_us, first_us + day, 10'000)).size() == 8640); });
}

void change(Index& index, const Size& size) {
    std::mt19937_64 random(3);
    const std::string holed = camera(size.paths / 2);
    const std::string locked = camera(size.paths / 2 + 1);
    const std::int64_t day = std::int64_t{86400} * second;
    measure("begin, finish", 500, [&, step = size.steps()]() mutable {
        const Segment segment = make_segment(0, step++, random);
        const auto id = need(index.begin_segment(segment));
        need(index.finish_segment(id, segment.end_us, segment.bytes, segment.parts));
    });
    measure("retention: oldest of all, remove", 1000, [&] { need(index.remove(need(index.oldest())->id)); });
    const auto range = static_cast<std::uint64_t>(size.steps());
    measure("remove from the middle of a chain", 1000, [&] {
        const std::int64_t utc = first_us + static_cast<std::int64_t>(random() % range) * segment_us;
        if (const auto segment = need(index.segment_at(holed, utc))) need(index.remove(segment->id));
    });
    measure("lock a day", 1,
            [&] { expect(need(index.lock(locked, first_us, first_us + day, true)) > 8000); });
    const bool more = size.days > 1;
    measure("oldest of a path after a locked day", 100,
            [&] { expect(need(index.oldest(locked)).has_value() == more); });
    if (more)
        measure("lock all of a path", 1, [&] { need(index.lock(locked, first_us, size.end_us(), true)); });
    measure("oldest of a path, all locked", 100, [&] { expect(!need(index.oldest(locked))); });
    measure("oldest of all, one path all locked", 100, [&] { expect(need(index.oldest()).has_value()); });
    fmt::print("spans with holes: {}\n", need(index.spans(holed, first_us, size.end_us())).size());
    measure("spans with these holes", 100,
            [&] { expect(need(index.spans(holed, first_us, size.end_us())).size() > 100); });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "index-bench FOLDER [DAYS] [PATHS]\n");
        return 2;
    }
    const std::filesystem::path file = std::filesystem::path(argv[1]) / Index::file_name;
    Size size;
    if (argc > 2) size.days = std::atoi(argv[2]);
    if (argc > 3) size.paths = std::atoi(argv[3]);
    {
        auto opened = need(Index::open(file));
        fill(opened.index, size);
    }
    const auto bytes = std::filesystem::file_size(file);
    fmt::print("{} MB, {:.0f} bytes a segment\n", bytes >> 20,
               static_cast<double>(bytes) / static_cast<double>(size.steps() * size.paths));
    fmt::print("{:<44} {:>8} {:>8} {:>8}\n", "ms", "median", "99 %", "max");
    forget_pages(file);
    measure("open (cold)", 1, [&] { need(Index::open(file)); });
    measure("open (warm)", 20, [&] { need(Index::open(file)); });
    forget_pages(file);
    Index reader = need(Index::open_to_read(file));
    read(reader, size, "cold");
    read(reader, size, "warm");
    auto opened = need(Index::open(file));
    change(opened.index, size);
    measure("check of the whole file", 1, [&] { need(reader.check()); });
    return 0;
}
