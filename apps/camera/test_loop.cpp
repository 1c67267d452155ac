#include "catch.hpp"
#include "loop_store.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using namespace rill::camera;

namespace {

VideoSpec small_video() {
    VideoSpec video;
    video.width = 160;
    video.height = 96;
    video.fps = 10;
    video.gop_frames = 15;
    video.bitrate_kbit = 100;
    return video;
}

Loop encoded(const VideoSpec& video) {
    auto loop = encode_loop(video, std::stop_token());
    if (!loop) FAIL(loop.error().message);
    return *std::move(loop);
}

struct Folder {
    Folder() {
        const rill::Owned<gchar> made(g_dir_make_tmp("rill-camera-XXXXXX", nullptr));
        path = made.get();
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

std::vector<std::uint8_t> bytes_of(const Unit& unit) {
    std::vector<std::uint8_t> bytes(gst_buffer_get_size(unit.data.get()));
    gst_buffer_extract(unit.data.get(), 0, bytes.data(), bytes.size());
    return bytes;
}

}  // namespace

TEST_CASE("a video loop is whole GOPs of at least ten seconds") {
    const Loop loop = encoded(small_video());
    REQUIRE(loop.units.size() == 105);  // 7 GOPs of 1.5 s
    CHECK(loop.duration() == std::chrono::milliseconds(10500));
    for (std::size_t i = 0; i < loop.units.size(); ++i) {
        CHECK(loop.units[i].keyframe == (i % 15 == 0));
        CHECK(loop.units[i].pts == loop.unit_duration * static_cast<std::int64_t>(i));
    }
    CHECK(loop.delay == nanoseconds(0));
}

TEST_CASE("B-frames are reordered within the loop") {
    VideoSpec video = small_video();
    video.bframes = 2;
    for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::h265}) {
        video.codec = codec;
        const Loop loop = encoded(video);
        std::set<nanoseconds> times;
        bool reordered = false;
        for (std::size_t i = 0; i < loop.units.size(); ++i) {
            times.insert(loop.units[i].pts);
            reordered = reordered || (i > 0 && loop.units[i].pts < loop.units[i - 1].pts);
            // No unit is sent before it is captured.
            CHECK(loop.units[i].pts <= loop.unit_duration * static_cast<std::int64_t>(i) + loop.delay);
        }
        CHECK(reordered);
        CHECK(times.size() == loop.units.size());
        CHECK(*times.begin() == nanoseconds(0));
        CHECK(*times.rbegin() == loop.duration() - loop.unit_duration);
        CHECK(loop.delay == 2 * loop.unit_duration);
    }
}

TEST_CASE("each picture of MJPEG is a keyframe") {
    VideoSpec video = small_video();
    video.codec = VideoCodec::mjpeg;
    const Loop loop = encoded(video);
    REQUIRE(loop.units.size() >= 100);
    CHECK(std::all_of(loop.units.begin(), loop.units.end(), [](const Unit& unit) { return unit.keyframe; }));
    CHECK(loop.delay == nanoseconds(0));
}

TEST_CASE("an audio loop is whole seconds and whole frames") {
    for (const auto& [audio, frames, seconds] : {std::tuple(AudioSpec{AudioCodec::pcmu, 8000}, 50, 1),
                                                 std::tuple(AudioSpec{AudioCodec::pcma, 8000}, 50, 1),
                                                 std::tuple(AudioSpec{AudioCodec::opus, 48000}, 50, 1),
                                                 std::tuple(AudioSpec{AudioCodec::g722, 16000}, 50, 1),
                                                 std::tuple(AudioSpec{AudioCodec::lpcm, 44100}, 50, 1),
                                                 std::tuple(AudioSpec{AudioCodec::aac, 48000}, 375, 8),
                                                 std::tuple(AudioSpec{AudioCodec::aac, 16000}, 125, 8)}) {
        INFO(describe(audio));
        const auto loop = encode_loop(audio, std::stop_token());
        REQUIRE(loop);
        CHECK(loop->units.size() == static_cast<std::size_t>(frames));
        const auto error = loop->duration() - std::chrono::seconds(seconds);
        CHECK(std::chrono::abs(error) < std::chrono::microseconds(1));
    }
}

TEST_CASE("a loop read from its file is the loop that was written") {
    const Folder folder;
    const std::string file = folder.path + "/a.loop";
    const Loop written = encoded(small_video());
    REQUIRE(save(written, file));
    const auto read = load(file);
    REQUIRE(read);
    CHECK(gst_caps_is_equal(read->caps.get(), written.caps.get()));
    CHECK(read->unit_duration == written.unit_duration);
    CHECK(read->delay == written.delay);
    REQUIRE(read->units.size() == written.units.size());
    for (std::size_t i = 0; i < written.units.size(); ++i) {
        CHECK(read->units[i].pts == written.units[i].pts);
        CHECK(read->units[i].keyframe == written.units[i].keyframe);
        CHECK(bytes_of(read->units[i]) == bytes_of(written.units[i]));
    }
}

TEST_CASE("a damaged file is an error, never a crash") {
    const Folder folder;
    const std::string file = folder.path + "/a.loop";
    REQUIRE(save(encoded(small_video()), file));
    std::ifstream input(file, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
        INFO("cut to " << size);
        CHECK_FALSE(load(file));
    }
    CHECK(load(folder.path + "/none").error().code == rill::Code::not_found);
}

TEST_CASE("the store encodes a stream once, and with a folder once ever") {
    const Folder folder;
    LoopStore store(folder.path + "/cache");
    const auto first = store.get(small_video());
    REQUIRE(first);
    CHECK(*store.get(small_video()) == *first);

    VideoSpec other = small_video();
    other.bitrate_kbit = 200;
    CHECK(*store.get(other) != *first);

    LoopStore later(folder.path + "/cache");
    later.stop();  // nothing can be encoded any more
    CHECK(later.get(small_video()));
    other.bitrate_kbit = 300;
    CHECK_FALSE(later.get(other));
}
