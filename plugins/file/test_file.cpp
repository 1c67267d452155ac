#include "catch.hpp"
#include "loop_timeline.hpp"
#include "source.hpp"
#include "source_run.hpp"

#include <rill/module.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace rill;
using namespace rill::test;
using namespace rill::file;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

class Folder {
  public:
    Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("rill-file-{}", g_random_int())) {
        std::filesystem::create_directory(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

/// Runs a gst-launch line to its end.
void make_file(const std::string& line) {
    Owned<GError> error;
    const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(line.c_str(), out(error)));
    INFO((error ? error->message : ""));
    REQUIRE(pipeline);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    const auto end = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 30 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    const bool good = end && GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_EOS;
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    REQUIRE(good);
}

/// Half a second of picture and sound.
void make_clip(const std::string& muxer, const std::string& path, int bframes = 0) {
    make_file(fmt::format(
        "videotestsrc num-buffers=10 ! video/x-raw,width=160,height=120,framerate=20/1 ! x264enc "
        "speed-preset=ultrafast "
        "bframes={} b-adapt=false key-int-max=10 ! h264parse ! queue ! {} name=mux ! filesink location={} "
        "audiotestsrc num-buffers=25 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! voaacenc ! aacparse ! "
        "queue ! mux.",
        bframes, muxer, path));
}

std::string failure_of(const std::string& url) {
    SourceRun run(source_of(url));
    run.start();
    REQUIRE(run.wait_for([](const Seen& s) { return s.error.has_value(); }));
    run.stop();
    return run.seen().error->message;
}

}  // namespace

TEST_CASE("paths of URLs") {
    CHECK(*path_of("file:///a/b%20c.mp4") == "/a/b c.mp4");
    CHECK(*path_of("file://localhost/a/b.mp4") == "/a/b.mp4");
    CHECK(*path_of("file:clip%20.mkv") == "clip%20.mkv");
    CHECK(*path_of("file:/a/b.mp4") == "/a/b.mp4");
    const std::string too_long = "file:" + std::string(5000, 'x');
    for (const std::string url : {"file:", "file://", "file:///", "file://host/a.mp4", "file:a\nb.mp4",
                                  "file:///a%0ab.mp4", too_long.c_str()}) {
        INFO(url);
        REQUIRE_FALSE(path_of(url));
        CHECK(path_of(url).error().code == Code::invalid_config);
        CHECK(path_of(url).error().message.size() < 200);
    }
}

TEST_CASE("a pass is as long as its longest track, and all tracks share its offset") {
    LoopTimeline line;
    CHECK(line.offset_for(1, 0ms, 40ms, 1000ms) == 1000ms);
    CHECK(line.offset_for(2, 0ms, 20ms, 1005ms) == 1000ms);
    CHECK(line.offset_for(1, 960ms, 40ms, 1005ms) == 1000ms);
    CHECK(line.offset_for(2, 1000ms, 20ms, 1005ms) == 1000ms);
    REQUIRE(line.begin_next_pass());
    CHECK(line.offset_for(1, 0ms, 40ms, 9999ms) == 2020ms);

    SECTION("the last buffer without a duration lasts as long as the others") {
        LoopTimeline without;
        for (int i = 0; i < 10; ++i)
            without.offset_for(1, i * 100ms, 0ms, 0ms);
        REQUIRE(without.begin_next_pass());
        CHECK(without.offset_for(1, 0ms, 0ms, 0ms) == 1000ms);
    }
    SECTION("a file whose time does not begin at 0") {
        LoopTimeline late;
        CHECK(late.offset_for(1, 1400ms, 100ms, 5000ms) == 3600ms);
        late.offset_for(1, 2300ms, 100ms, 0ms);
        REQUIRE(late.begin_next_pass());
        CHECK(late.offset_for(1, 1400ms, 100ms, 0ms) + 1400ms == 6000ms);
    }
    SECTION("a pass without length ends the loop") {
        LoopTimeline empty;
        CHECK_FALSE(empty.begin_next_pass());
        empty.offset_for(1, 0ms, 10ms, 0ms);
        CHECK_FALSE(empty.begin_next_pass());
    }
}

TEST_CASE("over 20 passes time goes on without a gap, and sound stays with picture") {
    const Folder folder;
    struct Row {
        std::string muxer, file;
        int bframes;
        std::unique_ptr<SourceRun> run = {};
    };
    std::vector<Row> rows;
    rows.push_back({"mp4mux", "a.mp4", 0});
    rows.push_back({"mp4mux", "b.mp4", 2});
    rows.push_back({"matroskamux", "a.mkv", 0});
    rows.push_back({"mpegtsmux", "a.ts", 0});
    for (Row& row : rows) {
        const std::string path = folder / row.file;
        make_clip(row.muxer, path, row.bframes);
        row.run = std::make_unique<SourceRun>(source_of("file://" + path));
        row.run->start();
    }
    for (Row& row : rows) {
        INFO(row.file);
        SourceRun& run = *row.run;
        // Both come at the pace of one clock: had they drifted apart, they would not meet again.
        const auto have_met = [](const Seen& s) {
            if (s.count(Kind::video) <= 205 || s.count(Kind::audio) == 0) return s.error.has_value();
            return std::chrono::abs(s.of(Kind::video).back()->pts - s.of(Kind::audio).back()->pts) < 200ms;
        };
        REQUIRE(run.wait_for(have_met, 40s));
        run.stop();
        INFO((run.seen().error ? run.seen().error->message : ""));
        REQUIRE_FALSE(run.seen().error);
        for (const Kind kind : {Kind::video, Kind::audio}) {
            INFO(to_string(kind));
            const auto units = run.seen().of(kind);
            const auto step = kind == Kind::video ? 50ms : 21ms;
            Nanoseconds worst{0};
            int discontinuities = 0;
            for (std::size_t i = 1; i < units.size(); ++i) {
                worst = std::max(worst, std::chrono::abs(units[i]->dts - units[i - 1]->dts));
                discontinuities += units[i]->discontinuity ? 1 : 0;
            }
            INFO("worst step " << worst.count() / 1e6 << " ms");
            // B-frames move the decode times of a pass's first pictures; the tracks end within 50 ms.
            CHECK(worst <= (row.bframes + 1) * step + 50ms);
            CHECK(discontinuities == 0);
        }
        const auto video = run.seen().of(Kind::video);
        const auto& last = run.seen().units.back();
        CHECK(std::chrono::abs(last.at - last.unit->pts) < 500ms);
        CHECK(video[0]->keyframe);
        CHECK(video[100]->keyframe);
    }
}

TEST_CASE("tracks that cannot be used are skipped") {
    const Folder folder;
    const std::string path = folder / "mixed.mkv";
    make_file(fmt::format(
        "videotestsrc num-buffers=20 ! video/x-raw,width=160,height=120 ! x264enc ! h264parse ! "
        "queue ! matroskamux name=mux ! filesink location={} audiotestsrc num-buffers=20 ! vorbisenc ! "
        "queue ! mux.",
        path));
    SourceRun run(source_of("file://" + path));
    run.start();
    REQUIRE(run.wait_for([](const Seen& s) { return s.complete && s.units.size() > 50; }));
    run.stop();
    CHECK(run.seen().count(Kind::audio) == 0);
    CHECK_FALSE(run.seen().error);
}

TEST_CASE("what is wrong with a file is said") {
    const Folder folder;
    CHECK(failure_of("file://" + folder / "missing.mp4").find("No such file or directory") !=
          std::string::npos);
    CHECK(failure_of("file://" + folder / ".").find("is a directory") != std::string::npos);
    REQUIRE(::mkfifo((folder / "pipe.mp4").c_str(), 0600) == 0);
    CHECK(failure_of("file://" + folder / "pipe.mp4").find("is no regular file") != std::string::npos);
    std::ofstream(folder / "text.mp4") << "this is no film";
    CHECK(failure_of("file://" + folder / "text.mp4").find("is no MP4, Matroska or MPEG-TS file") !=
          std::string::npos);
    std::ofstream(folder / "empty.mp4").close();
    CHECK(failure_of("file://" + folder / "empty.mp4").find("is no MP4") != std::string::npos);

    const std::string sound = folder / "vorbis.mkv";
    make_file(
        fmt::format("audiotestsrc num-buffers=20 ! vorbisenc ! matroskamux ! filesink location={}", sound));
    CHECK(failure_of("file://" + sound) == "the file has no usable track (found: audio/x-vorbis)");

    const std::string clip = folder / "clip.mp4";
    make_clip("mp4mux", clip);
    std::filesystem::resize_file(clip, 2000);
    CHECK_FALSE(failure_of("file://" + clip).empty());
}
