// When a window begins and ends.
#include "catch.hpp"
#include "harness.hpp"
#include "memory_archive.hpp"
#include "testing.hpp"
#include "window_feed.hpp"

#include <rill/bytes.hpp>

using namespace rill;
using namespace rill::playback;
using playback::testing::ten_us;

namespace {

using http::test::Harness;

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_us = 3600 * second_us;

/// A recording that begins at ten o'clock, which is now.
struct Bench {
    Bench() {
        RecordedSegment segment;
        segment.time = {ten_us, ten_us};
        segment.codecs = "avc1.64001f";
        segment.open = true;
        id = archive.add("cam1", segment);
    }

    void append(std::int64_t length_us) {
        archive.append(id, {{end_us, end_us + length_us}, offset, 100, true});
        end_us += length_us;
        now_us = end_us;
        offset += 100;
    }

    /// Asks; the answer comes when it comes.
    std::shared_ptr<std::optional<http::Response>> ask() {
        auto answer = std::make_shared<std::optional<http::Response>>();
        feed->playlist({}, [answer](http::Response response) { *answer = std::move(response); });
        return answer;
    }

    /// "200 " and the body.
    std::string get() {
        const auto answer = ask();
        REQUIRE(Harness::until([&] { return answer->has_value(); }));
        return said(**answer);
    }

    static std::string said(const http::Response& response) {
        std::string text = std::to_string(response.status) + " ";
        for (const auto& chunk : response.body) {
            const auto bytes = view(chunk);
            text.append(bytes.begin(), bytes.end());
        }
        return text;
    }

    Loop loop{Ref<GMainContext>::retain(g_main_context_default())};
    test::MemoryArchive archive;
    std::int64_t id = 0;
    std::int64_t end_us = ten_us;
    std::uint64_t offset = 1000;
    std::int64_t now_us = ten_us;
    std::shared_ptr<WindowFeed> feed =
        std::make_shared<WindowFeed>(archive, loop, "cam1", hour_us, [this] { return now_us; });
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a window begins when it is known how long parts are") {
    Bench bench;
    bench.append(second_us / 2);
    const auto answer = bench.ask();
    const auto looks = bench.archive.looks();
    REQUIRE(Harness::until([&] { return bench.archive.looks() >= looks + 4; }));
    CHECK_FALSE(answer->has_value());
    bench.append(second_us);
    bench.append(second_us);
    REQUIRE(Harness::until([&] { return answer->has_value(); }));
    const std::string text = Bench::said(**answer);
    CHECK(text.starts_with("200 "));
    CHECK(has(text, "PART-HOLD-BACK=3.000"));
    CHECK(has(text, "PART-TARGET=1.000"));
}

TEST_CASE("who asks for a window that is over learns when the recording ended") {
    Bench bench;
    for (int i = 0; i < 3; ++i)
        bench.append(second_us);
    CHECK(bench.get().starts_with("200 "));
    bench.now_us += hour_us;
    CHECK(bench.get().starts_with("200 "));
    bench.now_us += 1;
    const std::string text = bench.get();
    CHECK(text.starts_with("404 "));
    CHECK(has(text, "\"before\":\"2026-01-08T10:00:03.000000Z\""));
}

TEST_CASE("who waits for the same playlist gets the same bytes") {
    Bench bench;
    for (int i = 0; i < 3; ++i)
        bench.append(second_us);
    const auto one = bench.ask();
    const auto other = bench.ask();
    REQUIRE(Harness::until([&] { return one->has_value() && other->has_value(); }));
    CHECK((*one)->headers == (*other)->headers);
    REQUIRE((*one)->body.size() == 1);
    CHECK((*one)->body.front().get() == (*other)->body.front().get());
    bench.append(second_us);
    CHECK(has(bench.get(), "_1300-part.mp4\",INDEPENDENT"));
}
