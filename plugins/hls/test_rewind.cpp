// Players of a path that may be rewound.
#include "catch.hpp"
#include "fake_host.hpp"
#include "hls_sink.hpp"
#include "memory_archive.hpp"
#include "testing.hpp"

#include <rill/bytes.hpp>
#include <rill/clock.hpp>

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

/// A recording of a megabyte in eight seconds.
RecordedSegment recording(const std::string& codecs, bool open) {
    RecordedSegment segment;
    const std::int64_t now_us = utc_now_us();
    segment.time = {now_us - 8'000'000, now_us};
    segment.bytes = 1'000'000;
    segment.codecs = codecs;
    segment.open = open;
    return segment;
}

struct Bench {
    explicit Bench(Nanoseconds window) : sink(settings(window), clock) {
        host.set_archive(archive);
        const std::vector<Track> tracks = {{0, h264()}};
        REQUIRE(sink.start(host, tracks));
    }
    ~Bench() { sink.stop("the test ends"); }

    static Settings settings(Nanoseconds window) {
        Settings settings;
        settings.segment_duration = seconds(1);
        settings.part_duration = milliseconds(200);
        settings.segment_max_size = 50'000'000;
        settings.close_after = seconds(60);
        settings.rewind_window = window;
        return settings;
    }

    /// Whatever comes within the time that the archive needs; of the live picture nothing does, because no
    /// unit has come.
    std::string index() {
        auto text = std::make_shared<std::string>();
        const http::Request request = a_get();
        sink.answer(request, "index.m3u8", nullptr, [text](const http::Response& response) {
            for (const auto& chunk : response.body) {
                gsize size = 0;
                const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
                text->append(data, size);
            }
        });
        CHECK(host.wait_until([&] { return !text->empty() || host.links() > 0; }));
        return *text;
    }

    static http::Request a_get() {
        http::Request request;
        request.method = "GET";
        return request;
    }

    FakeClock clock;
    test::MemoryArchive archive;
    FakeHost host;
    HlsSink sink;
};

}  // namespace

TEST_CASE("players of a path that may be rewound get the window of its recording") {
    Bench bench(std::chrono::hours(2));
    bench.archive.add("cam1", recording("avc1.64001f,ulaw,mp4a.40.2", true));
    const std::string text = bench.index();
    CHECK(
        text.starts_with("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-STREAM-INF:BANDWIDTH=1250000,"
                         "CODECS=\"avc1.64001f,mp4a.40.2\"\nindex.m3u8?window=7200&session="));
    CHECK(bench.host.links() == 0);
    // Each has a session of its own.
    CHECK(bench.index() != text);
}

TEST_CASE("between two files of a recording, too, players get its window") {
    Bench bench(std::chrono::hours(2));
    bench.archive.add("cam1", recording("avc1.64001f", false));
    CHECK(bench.index().find("index.m3u8?window=7200&") != std::string::npos);
    CHECK(bench.host.links() == 0);
}

TEST_CASE("without a recording that goes on, players get the live picture") {
    Bench bench(std::chrono::hours(2));
    SECTION("nothing is recorded") {}
    SECTION("the recording is over") {
        RecordedSegment segment = recording("avc1.64001f", false);
        segment.time.start_us -= 60'000'000;
        segment.time.end_us -= 60'000'000;
        bench.archive.add("cam1", segment);
    }
    SECTION("nothing of it can be played") {
        bench.archive.add("cam1", recording("ulaw", true));
    }
    SECTION("it is no fragmented MP4") {
        RecordedSegment segment = recording("avc1.64001f", true);
        segment.container = Container::mpegts;
        bench.archive.add("cam1", segment);
    }
    SECTION("the archive fails") {
        bench.archive.refuse({Code::unavailable, "the disk is gone"});
    }
    CHECK(bench.index().empty());
    CHECK(bench.host.links() == 1);
}

TEST_CASE("a path without a window asks no archive") {
    Bench bench(Nanoseconds(0));
    bench.archive.add("cam1", recording("avc1.64001f", true));
    CHECK(bench.index().empty());
    CHECK(bench.host.links() == 1);
}

TEST_CASE("a window of less than a second is one") {
    Bench bench(milliseconds(500));
    bench.archive.add("cam1", recording("avc1.64001f", true));
    CHECK(bench.index().find("index.m3u8?window=1&") != std::string::npos);
}

TEST_CASE("a window that nobody gives out is refused, with what is missing") {
    Bench bench(std::chrono::hours(2));
    bench.archive.add("cam1", recording("avc1.64001f", true));
    http::Request request = Bench::a_get();
    request.query["window"] = "7200";
    std::optional<http::Response> answer;
    bench.sink.answer(request, "index.m3u8", nullptr,
                      [&answer](http::Response response) { answer = std::move(response); });
    REQUIRE(answer);
    CHECK(answer->status == 404);
    REQUIRE(answer->body.size() == 1);
    const auto bytes = view(answer->body.front());
    CHECK(std::string(bytes.begin(), bytes.end()).find("playback: yes") != std::string::npos);
}
