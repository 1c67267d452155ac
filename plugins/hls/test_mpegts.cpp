#include "catch.hpp"
#include "fake_host.hpp"
#include "feed.hpp"
#include "testing.hpp"
#include "ts_segmenter.hpp"

#include <rill/pipeline.hpp>

#include <atomic>

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

Settings settings() {
    Settings settings;
    settings.variant = Variant::mpegts;
    settings.segment_duration = seconds(1);
    settings.segment_max_size = 50'000'000;
    return settings;
}

std::vector<UnitPtr> encode_picture(int gop) {
    return encode(
        fmt::format("videotestsrc num-buffers=400 ! video/x-raw,width=320,height=240,framerate=25/1 ! "
                    "x264enc tune=zerolatency key-int-max={} ! h264parse ! "
                    "video/x-h264,stream-format=avc,alignment=au ! appsink name=out",
                    gop));
}

const std::vector<UnitPtr>& picture() {
    static const auto units = encode_picture(25);
    return units;
}

const std::vector<UnitPtr>& sound() {
    static const auto units = encode(
        "audiotestsrc num-buffers=760 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! "
        "avenc_aac ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=out");
    return units;
}

struct Stage {
    FakeClock clock;
    FakeHost host;
    Presentation presentation{clock, nullptr, "ts"};
    std::unique_ptr<Feed> feed;
    std::string given_up;
    Judge judge;

    explicit Stage(std::vector<Track> tracks) {
        auto made = make_mpegts_feed(host, tracks, settings(), Nanoseconds(0), presentation,
                                     [this](const Error& error) { given_up = error.message; });
        REQUIRE(made);
        feed = std::move(*made);
    }
    ~Stage() {
        feed.reset();
        CHECK(host.failure().empty());
        CHECK(Pipeline::wait_for_disposals(seconds(10)));
    }

    std::string get(const std::string& name) {
        std::string body;
        int status = 0;
        presentation.serve(name, {}, "", [&](const http::Response& response) {
            status = response.status;
            for (const auto& chunk : response.body) {
                gsize size = 0;
                const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
                body.append(data, size);
            }
        });
        INFO(name << ": " << body.substr(0, 100));
        REQUIRE(status == 200);
        return body;
    }

    std::size_t segments() {
        if (!presentation.playable()) return 0;
        const std::string text = get("stream.m3u8");
        judge.see(text);
        return Playlist(text).entries.size();
    }
    bool wait_for(std::size_t count) {
        return host.wait_until([this, count] { return segments() >= count; });
    }
};

void check_decodes(Stage& stage) {
    const Playlist playlist(stage.get("stream.m3u8"));
    cmaf::Chunks all;
    for (const auto& entry : playlist.entries) {
        const std::string bytes = stage.get(entry.uri);
        CHECK(bytes.size() % 188 == 0);
        CHECK(bytes[0] == 'G');
        all.push_back(Ref<GBytes>::adopt(g_bytes_new(bytes.data(), bytes.size())));
    }
    const auto complaints = decode_with_ffmpeg(all, "ts");
    if (complaints) CHECK(complaints->empty());
}

}  // namespace

TEST_CASE("MPEG-TS with picture and sound") {
    Stage stage({{0, picture().front()->format}, {1, sound().front()->format}});
    auto next = sound().begin();
    for (const UnitPtr& unit : picture()) {
        for (; next != sound().end() && (*next)->dts <= unit->dts; ++next)
            stage.host.deliver(1, *next);
        stage.host.deliver(0, unit);
        if (unit->dts > seconds(106)) break;
    }
    REQUIRE(stage.wait_for(4));
    const Playlist playlist(stage.get("stream.m3u8"));
    for (const auto& entry : playlist.entries) {
        CHECK(entry.duration == Approx(1.0));
        CHECK_FALSE(entry.discontinuity);
    }
    CHECK(playlist.header.at("#EXT-X-TARGETDURATION") == "2");
    check_decodes(stage);
}

TEST_CASE("MPEG-TS goes on without sound that stopped, and has a discontinuity after an outage") {
    Stage stage({{0, picture().front()->format}, {1, sound().front()->format}});
    std::size_t heard = 0;
    for (const UnitPtr& unit : picture()) {
        for (; heard < 100 && sound()[heard]->dts <= unit->dts; ++heard)
            stage.host.deliver(1, sound()[heard]);
        auto moved = std::make_shared<AccessUnit>(*unit);
        if (unit->dts >= seconds(110)) {
            moved->dts += seconds(5);
            moved->pts += seconds(5);
            moved->utc_us += 5'000'000;
        }
        if (unit->dts == seconds(110)) {
            moved->discontinuity = true;
            // Without sound since the fifth second: what came after that has its own pipeline.
            REQUIRE(stage.wait_for(3));
        }
        stage.host.deliver(0, moved);
    }
    REQUIRE(stage.wait_for(6));
    int discontinuities = 0;
    for (const auto& entry : Playlist(stage.get("stream.m3u8")).entries) {
        discontinuities += entry.discontinuity ? 1 : 0;
        CHECK(entry.duration <= 1.1);
    }
    CHECK(discontinuities >= 1);
    CHECK(stage.given_up.empty());
}

TEST_CASE("MPEG-TS ends when it cannot keep the target duration") {
    Stage stage({{0, picture().front()->format}});
    for (const UnitPtr& unit : picture()) {
        if (unit->dts < seconds(103)) stage.host.deliver(0, unit);
    }
    for (const UnitPtr& unit : encode_picture(125)) {
        auto later = std::make_shared<AccessUnit>(*unit);
        later->format = picture().front()->format;
        later->dts += seconds(3);
        later->pts += seconds(3);
        stage.host.deliver(0, later);
    }
    CHECK(stage.host.wait_until([&stage] { return !stage.given_up.empty(); }));
    CHECK(stage.feed->keyframe_interval() >= seconds(5));
}

TEST_CASE("MPEG-TS can be stopped at any moment") {
    const std::vector<Track> tracks = {{0, picture().front()->format}, {1, sound().front()->format}};
    for (int round = 0; round < 100; ++round) {
        FakeHost host;
        std::atomic<int> segments = 0;
        const int enough = round % 7;
        auto segmenter = std::make_unique<TsSegmenter>(
            TsSegmenter::Settings{seconds(1), 50'000'000, host.log(), [&](const TsSegment&) { ++segments; }});
        REQUIRE(segmenter->start(host, tracks));
        auto next = sound().begin();
        for (const UnitPtr& unit : picture()) {
            for (; next != sound().end() && (*next)->dts <= unit->dts; ++next)
                host.deliver(1, *next);
            host.deliver(0, unit);
        }
        REQUIRE(host.wait_until([&] {
            host.loop().post([] {});  // segments are counted on another thread
            return segments >= enough;
        }));
        segmenter->stop("");
        CHECK(Pipeline::wait_for_disposals(seconds(10)));
    }
}
