#include "catch.hpp"
#include "sink_bench.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

std::shared_ptr<FakeReader> reader() {
    return std::make_shared<FakeReader>();
}

}  // namespace

TEST_CASE("the first player starts the muxer and is one reader until it is silent") {
    Bench bench;
    CHECK(bench.host.links() == 0);
    auto viewer = reader();
    const std::weak_ptr<Reader> counted = viewer;
    const auto index = bench.get("index.m3u8", viewer);
    viewer.reset();
    CHECK(bench.host.links() == 1);
    CHECK_FALSE(*index);
    bench.run(seconds(1));
    REQUIRE(*index);
    CHECK((*index)->status == 200);
    const std::string media = bench.media_uri(index);
    REQUIRE(media.find("?session=") != std::string::npos);

    const Playlist playlist(bench.body(bench.get(media)));
    const std::string session = media.substr(media.find('?'));
    const std::string part = playlist.entries.back().parts.back().uri;
    CHECK(part.ends_with(session));
    {
        const auto held = counted.lock();
        REQUIRE(held);
        const auto before = held->bytes_sent.load();
        const auto bytes = bench.body(bench.get(part));
        CHECK(held->bytes_sent == before + bytes.size());
    }
    CHECK(bench.body(bench.get(playlist.entries.back().map)).substr(4, 4) == "ftyp");

    for (int i = 0; i < 5; ++i) {
        bench.clock.advance(seconds(20));
        bench.get(media);
        bench.sink.tick();
        CHECK_FALSE(counted.expired());
    }
    bench.clock.advance(seconds(30));
    bench.sink.tick();
    CHECK(counted.expired());
    CHECK(bench.host.links() == 1);
    bench.clock.advance(seconds(30));
    bench.sink.tick();
    CHECK(bench.host.links() == 0);
    CHECK((*bench.get(media))->status == 404);
}

TEST_CASE("a client without a session, or with one that is over, is served") {
    Bench bench;
    const auto index = bench.get("index.m3u8");
    bench.run(seconds(3));
    CHECK(bench.media_uri(index).find('?') == std::string::npos);
    CHECK((*bench.get("stream.m3u8"))->status == 200);
    CHECK((*bench.get("stream.m3u8?session=unknown"))->status == 200);
    CHECK(bench.body(bench.get("stream.m3u8?session=unknown")).find("session") == std::string::npos);
}

TEST_CASE("a muxer does not end under those who wait for it") {
    Settings settings = Bench::defaults();
    settings.close_after = seconds(2);
    Bench hasty(settings);
    const auto index = hasty.get("index.m3u8", reader());
    for (int i = 0; i < 14; ++i) {
        hasty.clock.advance(seconds(1));
        hasty.sink.tick();
    }
    CHECK_FALSE(*index);
    hasty.clock.advance(seconds(1));
    hasty.sink.tick();
    REQUIRE(*index);
    CHECK((*index)->status == 503);
}

TEST_CASE("no reader outlives the muxer") {
    Settings settings = Bench::defaults();
    settings.close_after = seconds(2);
    Bench bench(settings);
    auto viewer = reader();
    const std::weak_ptr<Reader> counted = viewer;
    bench.get("index.m3u8", std::move(viewer));
    bench.run(seconds(1));
    CHECK_FALSE(counted.expired());
    bench.clock.advance(seconds(2));
    bench.sink.tick();
    CHECK(counted.expired());
}

TEST_CASE("every player is a reader of its own") {
    Bench bench;
    auto one = reader();
    auto two = reader();
    const auto first = bench.get("index.m3u8", one);
    const auto second = bench.get("index.m3u8", two);
    bench.run(seconds(1));
    CHECK(bench.media_uri(first) != bench.media_uri(second));
    bench.get(bench.media_uri(second));
    CHECK(one->bytes_sent < two->bytes_sent);
    CHECK(bench.host.links() == 1);
}

TEST_CASE("a new muxer has new names, and the old ones are gone") {
    Bench bench;
    const auto first = bench.get("index.m3u8", reader());
    bench.run(seconds(1));
    bench.sink.stop("the path stops");
    REQUIRE(bench.sink.start(bench.host, bench.tracks));
    const auto second = bench.get("index.m3u8", reader());
    bench.camera.since_keyframe = 0;
    bench.run(seconds(1));
    CHECK((*bench.get(bench.media_uri(first)))->status == 404);
    CHECK((*bench.get(bench.media_uri(second)))->status == 200);
}

TEST_CASE("a muxer that found long GOPs leaves its successor wiser") {
    Bench bench;
    bench.camera.gop = 175;
    bench.get("index.m3u8");
    bench.run(seconds(20));
    CHECK(Playlist(bench.body(bench.get("stream.m3u8"))).header.at("#EXT-X-TARGETDURATION") == "4");
    bench.clock.advance(seconds(61));
    bench.sink.tick();
    bench.camera.since_keyframe = 0;
    bench.get("index.m3u8");
    bench.run(seconds(1));
    CHECK(Playlist(bench.body(bench.get("stream.m3u8"))).header.at("#EXT-X-TARGETDURATION") == "8");
}

TEST_CASE("the stop of a path answers who waits and releases the readers") {
    Bench bench;
    auto viewer = reader();
    const std::weak_ptr<Reader> counted = viewer;
    const auto index = bench.get("index.m3u8", std::move(viewer));
    bench.sink.stop("the path was removed");
    REQUIRE(*index);
    CHECK((*index)->status == 404);
    CHECK(bench.body(index).find("the path was removed") != std::string::npos);
    CHECK(bench.host.links() == 0);
    CHECK(counted.expired());
    CHECK((*bench.get("index.m3u8"))->status == 404);
    CHECK((*bench.get("index.m3u8", nullptr, "OPTIONS"))->status == 204);
}

TEST_CASE("a preflight makes no muxer") {
    Bench bench;
    CHECK((*bench.get("index.m3u8", nullptr, "OPTIONS"))->status == 204);
    CHECK(bench.host.links() == 0);
    CHECK((*bench.get("stream.m3u8"))->status == 404);
}

TEST_CASE("alwaysRemux makes segments without a player") {
    Settings settings = Bench::defaults();
    settings.always_remux = true;
    Bench bench(settings);
    CHECK(bench.host.links() == 1);
    bench.run(seconds(100));
    bench.sink.tick();
    CHECK(bench.host.links() == 1);
    const auto index = bench.get("index.m3u8", reader());
    REQUIRE(*index);
    CHECK((*index)->status == 200);
}

TEST_CASE("of sound that cannot be carried AAC is made") {
    Bench bench(Bench::defaults(), {{0, h264()}, {1, g711()}});
    bench.host.set_renders(true);
    CHECK(bench.host.links() == 0);
    const auto index = bench.get("index.m3u8");
    CHECK(bench.host.links() == 2);
    bench.run_with_sound(seconds(2));
    CHECK(bench.body(index).find(aac()->codec_string) != std::string::npos);
    // A change elsewhere leaves it alone.
    const std::vector<Track> sources = {{0, h264()}, {1, g711()}};
    REQUIRE(bench.sink.update(bench.host, sources));
    bench.run_with_sound(seconds(2));
    const std::string playlist = bench.body(bench.get("stream.m3u8"));
    CHECK(playlist.find("#EXT-X-MAP") == playlist.rfind("#EXT-X-MAP"));
}

TEST_CASE("sound that is still being made keeps no picture waiting") {
    Bench bench(Bench::defaults(), {{0, h264()}, {1, g711()}});
    bench.host.set_renders(true);
    const auto index = bench.get("index.m3u8");
    bench.run(seconds(2));
    CHECK(bench.body(index).find(fmt::format("CODECS=\"{}\"", h264()->codec_string)) != std::string::npos);
    bench.run_with_sound(seconds(3));
    CHECK(bench.body(bench.get("index.m3u8")).find(aac()->codec_string) != std::string::npos);
}

TEST_CASE("codecs that cannot be carried are left out, and alone they are an error") {
    const auto pcmu = g711();
    {
        Bench bench(Bench::defaults(), {{0, h264()}, {1, pcmu}});
        const auto index = bench.get("index.m3u8");
        CHECK(bench.host.links() == 1);
        bench.run(seconds(1));
        CHECK(bench.body(index).find(fmt::format("CODECS=\"{}\"", h264()->codec_string)) !=
              std::string::npos);
    }
    Bench bench(Bench::defaults(), {{0, pcmu}});
    CHECK((*bench.get("index.m3u8"))->status == 406);
}

TEST_CASE("sound that appears, changes and disappears goes on in the same presentation") {
    Bench bench;
    const auto index = bench.get("index.m3u8");
    bench.run(seconds(2));
    const auto count_maps = [&bench] {
        const std::string text = bench.body(bench.get("stream.m3u8"));
        int count = 0;
        for (auto at = text.find("#EXT-X-MAP"); at != std::string::npos; at = text.find("#EXT-X-MAP", at + 1))
            ++count;
        return count;
    };
    CHECK(count_maps() == 1);
    bench.tracks = {{0, h264()}, {1, aac()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    CHECK(bench.host.links() == 2);
    bench.run(seconds(2));
    CHECK(count_maps() == 2);
    bench.tracks = {{0, h264()}, {1, opus()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    bench.run(seconds(2));
    CHECK(count_maps() == 3);
    bench.tracks = {{0, h265()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    bench.camera.format = h265();
    bench.camera.since_keyframe = 0;
    bench.run(seconds(2));
    CHECK(count_maps() == 4);
    CHECK(bench.host.links() == 1);
    CHECK((*bench.get(bench.media_uri(index)))->status == 200);
}

TEST_CASE("a path that turns from sound to picture begins anew") {
    Bench bench(Bench::defaults(), {{0, opus()}});
    bench.camera = Camera{.format = opus(), .step = milliseconds(20), .gop = 1};
    const auto index = bench.get("index.m3u8");
    bench.run(seconds(2));
    bench.tracks = {{0, opus()}, {1, h264()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    CHECK((*bench.get(bench.media_uri(index)))->status == 404);
}

TEST_CASE("a session that is ended by request is a reader no more, and its client is told") {
    Bench bench;
    auto viewer = reader();
    const std::weak_ptr<Reader> counted = viewer;
    const auto end = [&] { (counted.lock()->end())("kicked"); };
    const auto index = bench.get("index.m3u8", viewer);
    viewer.reset();
    bench.run(seconds(1));
    const std::string media = bench.media_uri(index);
    REQUIRE((*bench.get(media))->status == 200);
    end();
    CHECK(counted.expired());
    CHECK((*bench.get(media))->status == 404);
    // However long it asks.
    for (int i = 0; i < 3; ++i) {
        bench.clock.advance(seconds(20));
        bench.sink.tick();
        CHECK((*bench.get(media))->status == 404);
    }
    // It may come again.
    const auto again = bench.get("index.m3u8", reader());
    REQUIRE(*again);
    CHECK((*bench.get(bench.media_uri(again)))->status == 200);
}

TEST_CASE("the muxer is counted while it is there") {
    Bench bench;
    const auto counter = [&](std::string_view name) {
        for (const SinkCounter& each : bench.sink.counters()->read()) {
            if (each.name == name) return each.value;
        }
        FAIL("no such counter");
        return std::uint64_t{0};
    };
    CHECK(counter("muxers") == 0);
    const auto index = bench.get("index.m3u8", reader());
    bench.run(seconds(1));
    CHECK(counter("muxers") == 1);
    CHECK(counter("muxer_created_seconds") > 0);
    CHECK(counter("muxer_last_request_seconds") >= counter("muxer_created_seconds"));
    CHECK(counter("sent_bytes_total") == bench.body(index).size());
    bench.sink.stop("the path stops");
    CHECK(counter("muxers") == 0);
    CHECK(bench.sink.start(bench.host, bench.tracks));
}
