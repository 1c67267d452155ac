#include "sink_bench.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

constexpr Rendition small{.codec = Codec::h264, .max_height = 120};

/// A camera of 320x240 and its rendition of 160x120, whose keyframes are elsewhere.
struct Ladder : Bench {
    explicit Ladder(Settings settings = with_heights(), std::vector<Track> tracks = {{0, h264()}})
        : Bench(std::move(settings), std::move(tracks)) {
        host.set_renders(true);
        encoder.format = h264(160, 120);
        encoder.gop = 50;
        encoder.since_keyframe = 0;
    }

    static Settings with_heights() {
        Settings settings = defaults();
        settings.heights = {120};
        return settings;
    }

    /// Pictures of the camera, and a frame later those of the rendition, when somebody wants them.
    void run_both(Nanoseconds time) {
        for (const Nanoseconds end = camera.now + time; camera.now < end;) {
            run(camera.step);
            if (host.rendered_links() == 0) {
                encoder.since_keyframe = 0;
                encoder.now = camera.now;
                continue;
            }
            if (host.keyframes_wanted() > keyframes_made) {
                keyframes_made = host.keyframes_wanted();
                encoder.since_keyframe = 0;
            }
            host.deliver_rendered(wanted, encoder.next());
        }
    }
    /// Nothing but time passes.
    void tick(int count) {
        for (int i = 0; i < count; ++i) {
            clock.advance(seconds(1));
            sink.tick();
        }
    }
    /// The URIs in a multivariant playlist.
    static std::vector<std::string> uris(const std::string& text) {
        std::vector<std::string> found;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
            if (!line.empty() && line[0] != '#') found.push_back(line);
        return found;
    }

    Camera encoder;
    Rendition wanted = small;
    int keyframes_made = 0;
};

std::string date_of(const Playlist& playlist, std::uint64_t discontinuity) {
    for (const auto& entry : playlist.entries)
        if (!entry.gap && entry.discontinuity_sequence == discontinuity) return entry.date;
    return "";
}

}  // namespace

TEST_CASE("a rendition is offered at once, and made while somebody asks for it") {
    Ladder bench;
    const auto index = bench.get("index.m3u8", std::make_shared<FakeReader>());
    bench.run_both(seconds(2));
    const std::string text = bench.body(index);
    CHECK(bench.host.rendered_links() == 0);
    const auto uris = Ladder::uris(text);
    REQUIRE(uris.size() == 2);
    CHECK(text.find("BANDWIDTH=220000,AVERAGE-BANDWIDTH=120000,CODECS=\"avc1.42c00b\",RESOLUTION=160x120,"
                    "FRAME-RATE=25.000\n") != std::string::npos);

    const auto media = bench.get(uris[1]);
    CHECK(bench.host.rendered_links() == 1);
    CHECK_FALSE(*media);
    bench.run_both(seconds(1));
    const Playlist first(bench.body(media));
    CHECK(first.header.at("#EXT-X-TARGETDURATION") ==
          Playlist(bench.body(bench.get(uris[0]))).header.at("#EXT-X-TARGETDURATION"));
    const std::string part = first.entries.back().parts.back().uri;
    CHECK(part.find("?session=") != std::string::npos);
    CHECK((*bench.get(part))->status == 200);
    CHECK(bench.body(bench.get(first.entries.back().map)).substr(4, 4) == "ftyp");

    // Others who ask share it; a request for a part keeps it.
    bench.get(uris[1]);
    CHECK(bench.host.rendered_links() == 1);
    bench.clock.advance(seconds(8));
    bench.get(part);
    bench.sink.tick();
    bench.clock.advance(seconds(8));
    bench.sink.tick();
    CHECK(bench.host.rendered_links() == 1);
    bench.clock.advance(seconds(20));
    bench.sink.tick();
    CHECK(bench.host.rendered_links() == 0);
    CHECK(bench.host.links() == 1);
    CHECK((*bench.get(part))->status == 404);
    CHECK((*bench.get(uris[0]))->status == 200);

    // The next one goes on where it ended, in other names.
    bench.encoder.since_keyframe = 0;
    const auto again = bench.get(uris[1]);
    bench.run_both(seconds(1));
    const Playlist second(bench.body(again));
    CHECK(second.entries.front().sequence > first.entries.back().sequence);
    CHECK(second.entries.back().map != first.entries.back().map);
}

TEST_CASE("variants have the same dates and discontinuities") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(3));
    // One discontinuity before the rendition begins, and one beside it.
    bench.camera.outage(seconds(3));
    bench.run_both(seconds(3));
    const auto uris = Ladder::uris(bench.body(index));
    Judge judge;
    const auto media = [&] { return bench.body(bench.get(uris[1])); };
    const auto started = bench.get(uris[1]);
    bench.run_both(seconds(3));
    judge.see(media());
    bench.camera.outage(seconds(3));
    bench.encoder.outage(seconds(3));
    // Whatever the loss did to it, the encoder begins without a keyframe.
    bench.encoder.lost = false;
    bench.encoder.since_keyframe = 1;
    bench.run_both(seconds(3));
    judge.see(media());

    const Playlist own(bench.body(bench.get(uris[0])));
    const Playlist rendition(media());
    CHECK(own.entries.back().discontinuity_sequence == 2);
    CHECK(rendition.entries.back().discontinuity_sequence == 2);
    CHECK(rendition.entries.front().discontinuity_sequence <= 1);
    // It begins a frame later, because it was asked for a keyframe first: in the same tenth of a second.
    CHECK(date_of(own, 2).substr(0, 21) == date_of(rendition, 2).substr(0, 21));
    CHECK(date_of(own, 2) < date_of(rendition, 2));
}

TEST_CASE("a hole that only a rendition has is a gap and no discontinuity") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto uris = Ladder::uris(bench.body(index));
    bench.get(uris[1]);
    bench.run_both(seconds(3));
    Judge judge;
    judge.see(bench.body(bench.get(uris[1])));
    // It failed, and was made again.
    bench.run(seconds(5));
    bench.encoder.outage(seconds(5));
    bench.run_both(seconds(3));
    const std::string text = bench.body(bench.get(uris[1]));
    judge.see(text);
    CHECK(text.find("#EXT-X-DISCONTINUITY") == std::string::npos);
    const auto gap = text.rfind("#EXT-X-GAP");
    REQUIRE(gap != std::string::npos);
    CHECK(gap > text.find("#EXT-X-PROGRAM-DATE-TIME"));
}

TEST_CASE("sound that comes later is a discontinuity in all variants") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto uris = Ladder::uris(bench.body(index));
    bench.get(uris[1]);
    bench.run_both(seconds(3));
    bench.tracks = {{0, h264()}, {1, aac()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    CHECK(bench.host.links() == 4);
    bench.run_both(seconds(5));
    for (const std::string& uri : uris) {
        const std::string text = bench.body(bench.get(uri));
        CHECK(text.find("#EXT-X-MAP") != text.rfind("#EXT-X-MAP"));
        CHECK(Playlist(text).entries.back().discontinuity_sequence == 1);
    }
}

TEST_CASE("H.265 has an H.264 variant of the same height, and MPEG-TS none") {
    Ladder bench(Bench::defaults(), {{0, h265()}});
    bench.camera.format = h265();
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const std::string text = bench.body(index);
    CHECK(text.find("CODECS=\"hvc1.") < text.find("CODECS=\"avc1.42c0"));
    const auto uris = Ladder::uris(text);
    REQUIRE(uris.size() == 2);
    bench.wanted = {.codec = Codec::h264};
    const auto media = bench.get(uris[1]);
    bench.run_both(seconds(1));
    CHECK((*media)->status == 200);
    // It goes on as long as it is watched when the camera sends H.264 itself.
    bench.tracks = {{0, h264()}};
    REQUIRE(bench.sink.update(bench.host, bench.tracks));
    bench.camera.format = h264();
    bench.camera.since_keyframe = 0;
    bench.run_both(seconds(1));
    CHECK((*bench.get(uris[1]))->status == 200);
    CHECK(Ladder::uris(bench.body(bench.get("index.m3u8"))).size() == 1);
    bench.clock.advance(seconds(30));
    bench.sink.tick();
    CHECK((*bench.get(uris[1]))->status == 404);
}

TEST_CASE("what cannot be made is refused, and the others go on") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto uris = Ladder::uris(bench.body(index));
    bench.host.refuse_renditions({Code::too_many, "the limit (maxTranscodes)"});
    const auto refused = bench.get(uris[1]);
    REQUIRE(*refused);
    CHECK((*refused)->status == 503);
    CHECK(bench.body(refused).find("variant 120p cannot be made: the limit (maxTranscodes)") !=
          std::string::npos);
    const auto& headers = (*refused)->headers;
    CHECK(std::ranges::any_of(headers, [](const auto& header) { return header.first == "Retry-After"; }));
    CHECK((*bench.get(uris[0]))->status == 200);
}

TEST_CASE("a rendition that gives nothing is refused when it is late") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto media = bench.get(Ladder::uris(bench.body(index))[1]);
    bench.tick(15);
    REQUIRE(*media);
    CHECK((*media)->status == 503);
}

TEST_CASE("renditions end with the presentation that they are of") {
    Ladder bench;
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto media = bench.get(Ladder::uris(bench.body(index))[1]);
    CHECK_FALSE(*media);
    bench.sink.stop("the path was removed");
    REQUIRE(*media);
    CHECK((*media)->status == 404);
    CHECK(bench.host.links() == 0);
}

TEST_CASE("of a picture that cannot be carried there is H.264, which leads the smaller ones") {
    auto odd = std::make_shared<Format>();
    odd->codec = Codec::pcma;  // of a picture: nothing that CMAF has
    odd->width = 320;
    odd->height = 240;
    Ladder bench(Ladder::with_heights(), {{0, odd}});
    bench.wanted = {.codec = Codec::h264};
    bench.encoder.format = h264();
    const auto index = bench.get("index.m3u8");
    CHECK(bench.host.rendered_links() == 1);
    bench.run_both(seconds(3));
    const std::string text = bench.body(index);
    CHECK(text.find("RESOLUTION=320x240") < text.find("RESOLUTION=160x120"));
    const auto uris = Ladder::uris(text);
    REQUIRE(uris.size() == 2);
    CHECK((*bench.get(uris[0]))->status == 200);
    bench.get(uris[1]);
    CHECK(bench.host.rendered_links() == 2);

    Ladder refused(Ladder::with_heights(), {{0, odd}});
    refused.host.refuse_renditions({Code::unavailable, "no decoder"});
    const auto answer = refused.get("index.m3u8");
    REQUIRE(*answer);
    CHECK((*answer)->status == 503);
    CHECK(refused.body(answer).find("no decoder") != std::string::npos);
}

TEST_CASE("a muxer does not end under those who wait for a variant") {
    Settings settings = Ladder::with_heights();
    settings.close_after = seconds(2);
    Ladder bench(settings);
    const auto index = bench.get("index.m3u8");
    bench.run_both(seconds(2));
    const auto media = bench.get(Ladder::uris(bench.body(index))[1]);
    bench.tick(14);
    CHECK_FALSE(*media);
    CHECK(bench.host.rendered_links() == 1);
}
