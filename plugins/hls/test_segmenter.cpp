#include "catch.hpp"
#include "playlist.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

/// Everything that is kept, as a player would put it together.
cmaf::Chunks everything(const Rig& rig) {
    cmaf::Chunks all;
    std::shared_ptr<const Init> init;
    for (const auto& segment : rig.window->segments()) {
        if (segment->gap) continue;
        if (segment->init != init) all.push_back(segment->init->bytes);
        init = segment->init;
        const auto bytes = segment->bytes();
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

std::vector<Nanoseconds> closed_durations(const Rig& rig) {
    std::vector<Nanoseconds> durations;
    for (const auto& segment : rig.window->segments())
        if (segment->closed && !segment->gap) durations.push_back(segment->duration);
    return durations;
}

}  // namespace

TEST_CASE("a second of 25 frames is a segment of five parts") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(20));
    for (const auto& segment : rig.window->segments()) {
        if (!segment->closed) continue;
        REQUIRE(segment->parts.size() == 5);
        CHECK(segment->duration == seconds(1));
        CHECK(segment->parts[0].independent);
        CHECK_FALSE(segment->parts[1].independent);
        for (const Part& part : segment->parts)
            CHECK(part.duration == milliseconds(200));
    }
    CHECK(rig.judge.short_parts == 0);
    CHECK(rig.window->independent());
}

TEST_CASE("parts have 85 % of their target at least, at any frame rate, also with jitter") {
    for (const double rate : {5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 23.976, 25.0, 29.97, 50.0, 60.0}) {
        INFO("frame rate " << rate);
        Rig rig;
        Camera camera{.format = h264(),
                      .step = Nanoseconds(static_cast<std::int64_t>(1e9 / rate)),
                      .gop = static_cast<int>(2 * rate)};
        rig.run(camera, seconds(20));
        CHECK(rig.judge.short_parts == 0);
    }
    Rig rig;
    Camera camera{.format = h264()};
    for (int i = 0; i < 500; ++i) {
        auto unit = std::make_shared<AccessUnit>(*camera.next());
        unit->dts += milliseconds(i * 7 % 4);
        unit->pts = unit->dts;
        rig.push(unit);
    }
    INFO(rig.playlist());
    CHECK(rig.judge.short_parts <= 25);  // of 100; a promise cannot know the jitter to come
}

TEST_CASE("a camera with a GOP of four seconds gets segments of four seconds") {
    Rig rig;
    Camera camera{.format = h264(), .gop = 100};
    rig.run(camera, seconds(40));
    for (const auto duration : closed_durations(rig))
        CHECK(duration == seconds(4));
    CHECK(rig.plan->target_duration == seconds(4));
    CHECK(rig.window->independent());
}

TEST_CASE("when the GOP grows, the target duration holds and segments start without a keyframe") {
    Rig rig;
    Camera camera{.format = h264(), .gop = 25};
    rig.run(camera, seconds(10));
    camera.gop = 250;
    rig.run(camera, seconds(60));
    CHECK(rig.judge.short_parts == 0);
    CHECK_FALSE(rig.window->independent());
    CHECK(rig.keyframes_wanted > 0);
    CHECK(rig.segmenter->longest_keyframe_interval() == seconds(10));
    for (const auto duration : closed_durations(rig))
        CHECK(duration <= rig.plan->target_duration + milliseconds(499));
}

TEST_CASE("a short outage is bridged, a longer one is a discontinuity") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(5));
    camera.outage(milliseconds(80));
    rig.run(camera, seconds(2));
    CHECK(rig.playlist().find("#EXT-X-DISCONTINUITY\n") == std::string::npos);
    camera.outage(seconds(7));
    rig.run(camera, seconds(3));
    const Playlist playlist(rig.playlist());
    int discontinuities = 0;
    for (const auto& entry : playlist.entries)
        discontinuities += entry.discontinuity ? 1 : 0;
    CHECK(discontinuities == 1);
    CHECK(rig.window->discontinuity_sequence() == 0);
    rig.run(camera, seconds(30));
    CHECK(rig.window->discontinuity_sequence() == 1);
}

TEST_CASE("an outage ends the segment in progress, and the wall clock shows it") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(3) + milliseconds(300));
    rig.segmenter->flush();
    CHECK_FALSE(rig.window->is_open());
    const auto before = rig.window->segments().back();
    camera.outage(seconds(60));
    rig.run(camera, seconds(1));
    const auto after = rig.window->segments().back();
    CHECK(after->utc_us - before->utc_us > 60'000'000);
}

TEST_CASE("a new resolution or codec has its own init segment") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(5));
    camera.format = h264(640, 480);
    camera.since_keyframe = 0;
    rig.run(camera, seconds(3));
    camera.format = h265();
    camera.since_keyframe = 0;
    rig.run(camera, seconds(3));
    const Playlist playlist(rig.playlist());
    std::vector<std::string> maps;
    for (const auto& entry : playlist.entries) {
        if (entry.gap || (!maps.empty() && maps.back() == entry.map)) continue;
        CHECK(entry.discontinuity == !maps.empty());
        maps.push_back(entry.map);
    }
    REQUIRE(maps.size() == 3);
    CHECK(rig.window->find_init(0) != nullptr);
    CHECK(rig.window->find_init(2)->formats.front()->codec == Codec::h265);
    rig.run(camera, seconds(60));
    CHECK(rig.window->find_init(0) == nullptr);
}

TEST_CASE("after a change of format in mid-GOP nothing is taken until a keyframe") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(2) + milliseconds(400));
    camera.format = h264(640, 480);
    rig.run(camera, seconds(2));
    CHECK(rig.segmenter->dropped() == 15);
    CHECK(rig.window->segments().back()->parts.front().independent);
}

TEST_CASE("sound goes with the picture of its time") {
    Rig rig;
    rig.sound_format = aac();
    Camera camera{.format = h264()};
    Camera microphone{.format = rig.sound_format, .step = Nanoseconds(21'333'333), .gop = 1, .size = 100};
    microphone.now = camera.now;
    rig.run(camera, seconds(10), &microphone);
    CHECK(rig.judge.short_parts == 0);
    REQUIRE(rig.window->segments().back()->init->formats.size() == 2);
    const auto segment = rig.window->find_segment(rig.window->next_sequence() - 2);
    REQUIRE(segment);
    // 25 frames of 392 bytes with their heads, 47 of 100 bytes.
    CHECK(segment->size > 25 * 400 + 46 * 100);
}

TEST_CASE("sound alone is cut by its own frames") {
    Rig rig;
    Camera microphone{.format = aac(), .step = Nanoseconds(21'333'333), .gop = 1, .size = 100};
    rig.run(microphone, seconds(20));
    CHECK(rig.judge.short_parts == 0);
    CHECK(rig.plan->target_duration == seconds(1));
    for (const auto& segment : rig.window->segments())
        for (const Part& part : segment->parts)
            CHECK(part.independent);
}

TEST_CASE("a silent microphone does not stop the picture, and its sound comes back") {
    Rig rig;
    rig.sound_format = opus();
    Camera camera{.format = h264()};
    Camera microphone{.format = rig.sound_format, .step = milliseconds(20), .gop = 1, .size = 200};
    microphone.now = camera.now;
    rig.run(camera, seconds(4));  // not a sound
    const std::size_t silent = rig.window->find_segment(rig.window->next_sequence() - 2)->size;
    CHECK(silent > 25UL * 400);
    CHECK(silent < 25UL * 400 + 50UL * 50);
    microphone.now = camera.now;
    rig.run(camera, seconds(4), &microphone);
    CHECK(rig.window->find_segment(rig.window->next_sequence() - 2)->size > 25UL * 400 + 49UL * 200);
    CHECK(rig.window->discontinuity_sequence() == 0);
    CHECK(rig.playlist().find("#EXT-X-DISCONTINUITY\n") == std::string::npos);
}

TEST_CASE("sound that comes and goes makes a discontinuity at the next keyframe") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(3) + milliseconds(200));
    rig.segmenter->set_sound(aac());
    Camera microphone{.format = aac(), .step = Nanoseconds(21'333'333), .gop = 1, .size = 100};
    microphone.now = camera.now;
    rig.run(camera, seconds(3), &microphone);
    CHECK(rig.window->segments().back()->init->formats.size() == 2);
    rig.segmenter->set_sound(nullptr);
    rig.run(camera, seconds(3));
    CHECK(rig.window->segments().back()->init->formats.size() == 1);
}

TEST_CASE("a segment above the size limit ends, and the rest of its GOP is left out") {
    Rig rig({seconds(1), milliseconds(200), true}, 200'000);
    Camera camera{.format = h264(), .gop = 50, .size = 5'000};
    rig.run(camera, seconds(4));
    const auto before = rig.segmenter->dropped();
    camera.size = 10'000;
    rig.run(camera, seconds(4));
    CHECK(rig.segmenter->dropped() > before);
    for (const auto& segment : rig.window->segments())
        CHECK(segment->size < 210'000);
    camera.size = 300'000;  // not even one fits
    rig.run(camera, seconds(4));
    camera.size = 400;
    rig.run(camera, seconds(4));
    CHECK(rig.window->segments().back()->size > 0);
}

TEST_CASE("frames that become rare make long parts, and the target duration holds") {
    Rig rig;
    rig.judge.long_frames = true;
    Camera camera{.format = h264(), .gop = 25};
    rig.run(camera, seconds(5));
    camera.step = milliseconds(500);
    camera.gop = 2;
    rig.run(camera, seconds(20));
    camera.gop = 40;
    rig.run(camera, seconds(40));
    for (const auto duration : closed_durations(rig))
        CHECK(duration <= rig.plan->target_duration + milliseconds(499));
}

TEST_CASE("what is kept is bounded") {
    Rig rig;
    Camera camera{.format = h264(), .gop = 50};
    rig.run(camera, seconds(300));
    CHECK(rig.window->segments().size() <= 9);
    CHECK(rig.window->find_segment(3) == nullptr);
    CHECK(rig.window->find_part(3).has_value() == false);
    // Parts stay for three target durations after their tags are gone.
    const auto kept = 6 * rig.plan->target_duration / milliseconds(200) - 10;
    CHECK(rig.window->find_part(rig.window->next_part() - static_cast<std::uint64_t>(kept)).has_value());
}

TEST_CASE("time between segments never goes back, whatever the camera's clock does") {
    Rig rig;
    Camera camera{.format = h264()};
    rig.run(camera, seconds(5));
    camera.utc_offset_us -= 3'600'000'000;
    rig.run(camera, seconds(5));
    camera.utc_offset_us += 7'200'000'000;
    rig.run(camera, seconds(5));
    camera.utc_offset_us -= 3'000;  // drift is followed by the media time
    rig.run(camera, seconds(5));
}

TEST_CASE("without parts a segment is whole or not listed") {
    Rig rig({seconds(1), seconds(1), false}, 50'000'000, 0);
    Camera camera{.format = h264(), .gop = 100};
    rig.run(camera, seconds(30));
    CHECK(rig.plan->target_duration == seconds(5));
    const Playlist playlist(rig.playlist());
    REQUIRE(playlist.entries.size() >= 4);
    for (const auto& entry : playlist.entries) {
        CHECK_FALSE(entry.uri.empty());
        CHECK(entry.parts.empty());
    }
}

namespace {

void push_in_order(Rig& rig, const std::vector<UnitPtr>& picture, const std::vector<UnitPtr>& sound) {
    auto next = sound.begin();
    for (const UnitPtr& unit : picture) {
        for (; next != sound.end() && (*next)->dts <= unit->dts; ++next)
            rig.push_sound(*next);
        rig.push(unit);
    }
    rig.segmenter->flush();
}

void check_decodes(Rig& rig) {
    const auto complaints = decode_with_ffmpeg(everything(rig));
    if (!complaints) {
        WARN("ffmpeg is not installed: decoding is not checked");
        return;
    }
    CHECK(complaints->empty());
}

std::vector<UnitPtr> encode_h264(const std::string& settings, int frames = 150) {
    return encode(
        fmt::format("videotestsrc num-buffers={} ! video/x-raw,width=320,height=240,framerate=25/1 ! "
                    "x264enc {} ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! "
                    "appsink name=out",
                    frames, settings));
}

}  // namespace

TEST_CASE("ffmpeg decodes what real encoders made, without a word") {
    Rig rig;
    std::vector<UnitPtr> sound;
    SECTION("H.264 with AAC") {
        sound = encode(
            "audiotestsrc num-buffers=280 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! "
            "avenc_aac ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=out");
        rig.sound_format = sound.front()->format;
        push_in_order(rig, encode_h264("tune=zerolatency key-int-max=25"), sound);
    }
    SECTION("H.264 with B-frames") {
        push_in_order(rig, encode_h264("bframes=3 b-adapt=false key-int-max=50"), sound);
        CHECK(rig.judge.short_parts == 0);
    }
    SECTION("H.265 with Opus") {
        sound = encode(
            "audiotestsrc num-buffers=300 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! "
            "opusenc ! appsink name=out");
        rig.sound_format = sound.front()->format;
        const auto picture = encode(
            "videotestsrc num-buffers=100 ! video/x-raw,width=320,height=240,framerate=25/1 ! x265enc "
            "speed-preset=ultrafast tune=zerolatency key-int-max=25 ! h265parse ! "
            "video/x-h265,stream-format=hvc1,alignment=au ! appsink name=out");
        push_in_order(rig, picture, sound);
    }
    SECTION("a GOP that outgrows the target duration") {
        push_in_order(rig, encode_h264("tune=zerolatency key-int-max=1000", 300), sound);
        CHECK_FALSE(rig.window->independent());
    }
    SECTION("silence in the place of AAC") {
        rig.sound_format = aac();
        push_in_order(rig, encode_h264("tune=zerolatency key-int-max=25"), {});
    }
    SECTION("silence in the place of Opus") {
        rig.sound_format = opus();
        push_in_order(rig, encode_h264("tune=zerolatency key-int-max=25"), {});
    }
    check_decodes(rig);
}
