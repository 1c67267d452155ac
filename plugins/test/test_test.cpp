#include "catch.hpp"
#include "source.hpp"
#include "source_run.hpp"

#include <rill/module.hpp>

using namespace rill;
using namespace rill::test;
using namespace rill::test_source;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

bool everything(const char*) {
    return true;
}

}  // namespace

TEST_CASE("every key of the URL") {
    CHECK(*parse_spec("test:") == Spec{});
    CHECK(*parse_spec("test://") == Spec{});
    CHECK(*parse_spec("test://?") == Spec{});
    const auto spec = parse_spec(
        "test://?codec=h265&size=320x240&fps=25&gop=2s&bitrate=500k&audio=opus&bframes=2&pattern=ball");
    REQUIRE(spec);
    CHECK(*spec == Spec{.video = Video::h265,
                        .width = 320,
                        .height = 240,
                        .fps = 25,
                        .gop = 50,
                        .bitrate = 500'000,
                        .bframes = 2,
                        .pattern = "ball",
                        .audio = Audio::opus});
    CHECK(parse_spec("test://?gop=12")->gop == 12);
    CHECK(parse_spec("test://?gop=500ms&fps=10")->gop == 5);
    CHECK(parse_spec("test://?bitrate=3M")->bitrate == 3'000'000);
}

TEST_CASE("what is wrong with a URL is said") {
    const std::string too_long = "test://?pattern=" + std::string(1000, 'x');
    for (const std::string url : {"test://?size=1280",
                                  "test://?size=0x0",
                                  "test://?size=1281x720",
                                  "test://?size=99999x99999",
                                  "test://?fps=0",
                                  "test://?fps=abc",
                                  "test://?fps=1000",
                                  "test://?gop=0",
                                  "test://?gop=x",
                                  "test://?gop=1d",
                                  "test://?bitrate=1",
                                  "test://?bitrate=9000M",
                                  "test://?bitrate=",
                                  "test://?codec=vp8",
                                  "test://?audio=mp3",
                                  "test://?bframes=-1",
                                  "test://?pattern=blink",
                                  "test://?pattern=ball!fakesink",
                                  "test://?color=red",
                                  "test://?codec",
                                  "test://?fps=25&fps=30",
                                  "test://host",
                                  "test://?=1",
                                  "test://?pattern=ball\n",
                                  too_long.c_str()}) {
        INFO(url);
        const auto spec = parse_spec(url);
        REQUIRE_FALSE(spec);
        CHECK(spec.error().code == Code::invalid_config);
        CHECK(spec.error().message.starts_with("source test: "));
        CHECK(spec.error().message.size() < 1000);
    }
    CHECK(parse_spec("test://?color=red").error().message.find("'color'") != std::string::npos);
}

TEST_CASE("the encoder depends on what is installed") {
    const auto without = [](const std::vector<std::string>& missing) {
        return [missing](const char* factory) {
            return std::find(missing.begin(), missing.end(), factory) == missing.end();
        };
    };
    CHECK(describe_bin({}, everything)->find("x264enc") != std::string::npos);
    CHECK(describe_bin({}, without({"x264enc"}))->find("openh264enc") != std::string::npos);
    CHECK(describe_bin({}, without({"timeoverlay"}))->find("overlay") == std::string::npos);
    const auto none = describe_bin({}, without({"x264enc", "openh264enc"}));
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Code::unavailable);
    CHECK(none.error().message.find("gstreamer1.0-plugins-ugly") != std::string::npos);
    CHECK_FALSE(describe_bin({.bframes = 2}, without({"x264enc"})));
    CHECK_FALSE(describe_bin({.video = Video::h265}, without({"x265enc"})));
    CHECK_FALSE(describe_bin({.audio = Audio::aac}, without({"fdkaacenc", "voaacenc", "avenc_aac"})));
}

TEST_CASE("each codec comes at the pace of its time") {
    struct Row {
        std::string query;
        Codec video;
        Codec audio;
    };
    for (const Row& row : {Row{"codec=h264&audio=opus", Codec::h264, Codec::opus},
                           Row{"codec=h264&audio=aac&bframes=2", Codec::h264, Codec::aac},
                           Row{"codec=h265&audio=pcmu", Codec::h265, Codec::pcmu},
                           Row{"codec=h264&audio=pcma", Codec::h264, Codec::pcma}}) {
        INFO(row.query);
        SourceRun run(source_of("test://?size=160x120&fps=20&gop=10&bitrate=100k&" + row.query));
        run.start();
        REQUIRE(run.wait_for([](const Seen& s) {
            return s.complete && s.count(Kind::video) > 40 && s.count(Kind::audio) > 40;
        }));
        run.stop();
        const auto video = run.seen().of(Kind::video);
        const auto audio = run.seen().of(Kind::audio);
        CHECK(video[0]->format->codec == row.video);
        CHECK(video[0]->format->width == 160);
        CHECK(audio[0]->format->codec == row.audio);
        CHECK(video[10]->keyframe);
        CHECK_FALSE(video[5]->keyframe);
        // A busy machine may skip pictures; those that come keep to the frame rate.
        CHECK(video[40]->pts - video[0]->pts >= 2s);
        CHECK((video[40]->pts - video[0]->pts) % 50ms == 0ns);
        CHECK_FALSE(run.seen().error);
        // Time is that of the clock: what came last is not far from now.
        const auto& last = run.seen().units.back();
        CHECK(std::chrono::abs(last.at - last.unit->pts) < 1500ms);
    }
}

TEST_CASE("a keyframe is made when one is asked for") {
    SourceRun run(source_of("test://?size=160x120&fps=20&gop=30s&bitrate=100k"));
    run.start();
    REQUIRE(run.wait_for([](const Seen& s) { return s.units.size() > 10; }));
    run.request_keyframe();
    CHECK(run.wait_for([](const Seen& s) {
        return s.units.size() > 10 && std::any_of(s.units.begin() + 1, s.units.end(),
                                                  [](const auto& a) { return a.unit->keyframe; });
    }));
}
