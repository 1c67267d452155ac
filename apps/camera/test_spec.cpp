#include "catch.hpp"
#include "spec.hpp"

using namespace rill::camera;

namespace {

std::string problem(std::string_view text) {
    const auto parsed = parse_cameras(text);
    return parsed ? "" : parsed.error().message;
}

bool mentions(const std::string& message, const char* word) {
    INFO(message);
    return message.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a name alone is a camera with the defaults") {
    const auto cameras = parse_cameras("site/door-1");
    REQUIRE(cameras);
    REQUIRE(cameras->size() == 1);
    CHECK(cameras->front().name == "site/door-1");
    CHECK(describe(cameras->front().video) ==
          "h264 1280x720 fps=25 gop=25 bitrate=2000k bframes=0 profile= scan=progressive aspect=1:1");
    CHECK(cameras->front().audio == AudioSpec{});
    CHECK_FALSE(cameras->front().clock);
}

TEST_CASE("a count numbers the cameras") {
    const auto cameras = parse_cameras("cam*3:audio=pcmu");
    REQUIRE(cameras);
    REQUIRE(cameras->size() == 3);
    CHECK(cameras->at(0).name == "cam1");
    CHECK(cameras->at(2).name == "cam3");
    CHECK(cameras->at(2).audio == AudioSpec{AudioCodec::pcmu, 8000});
}

TEST_CASE("every key is read") {
    const auto cameras = parse_cameras(
        "c:gop=2s,codec=h264,size=640x360,fps=10,bitrate=500k,bframes=2,profile=main,audio=aac,rate=16000,"
        "scan=interlaced,aspect=16:11");
    REQUIRE(cameras);
    const CameraSpec& camera = cameras->front();
    CHECK(describe(camera.video) ==
          "h264 640x360 fps=10 gop=20 bitrate=500k bframes=2 profile=main scan=interlaced aspect=16:11");
    CHECK(describe(camera.audio) == "aac rate=16000");
}

TEST_CASE("a GOP is frames or a time, wherever fps stands") {
    CHECK(parse_cameras("c:gop=7")->front().video.gop_frames == 7);
    CHECK(parse_cameras("c:gop=500ms,fps=30")->front().video.gop_frames == 15);
    CHECK(mentions(problem("c:gop=1ms"), "gop=1ms"));
    CHECK(mentions(problem("c:gop=31s"), "gop=31s"));
}

TEST_CASE("a wrong camera is refused with the reason") {
    CHECK(mentions(problem(""), "name"));
    CHECK(mentions(problem("/c"), "name"));
    CHECK(mentions(problem("a b"), "name"));
    CHECK(mentions(problem("c*0"), "count"));
    CHECK(mentions(problem("c*x"), "count"));
    CHECK(mentions(problem("c:nonsense"), "key=value"));
    CHECK(mentions(problem("c:colour=red"), "colour"));
    CHECK(mentions(problem("c:codec=vp8"), "vp8"));
    CHECK(mentions(problem("c:size=641x360"), "even"));
    CHECK(mentions(problem("c:size=640x361"), "even"));
    CHECK(mentions(problem("c:size=14x16"), "16x16"));
    CHECK(mentions(problem("c:size=640"), "size=640"));
    CHECK(mentions(problem("c:size=640x"), "size=640x"));
    CHECK(mentions(problem("c:fps=0"), "fps=0"));
    CHECK(mentions(problem("c:bitrate=1"), "bitrate=1"));
    CHECK(mentions(problem("c:bitrate=99999999999M"), "bitrate"));
    CHECK(mentions(problem("c:audio=mp3"), "mp3"));
    CHECK(mentions(problem("c:profile="), "key=value"));
    CHECK(mentions(problem("c:scan=fields"), "interlaced"));
    CHECK(mentions(problem("c:aspect=16"), "aspect=16"));
    CHECK(mentions(problem("c:aspect=16:0"), "aspect=16:0"));
    CHECK(mentions(problem("c:aspect=1:65536"), "65536"));
    CHECK(mentions(problem("c:rate=8000"), "no audio"));
    CHECK(mentions(problem("c:audio=pcma,rate=16000"), "G.711"));
    CHECK(mentions(problem("c:audio=aac,rate=11025"), "11025"));
    CHECK(mentions(problem("c:audio=lpcm,rate=32000"), "44100"));
    CHECK(mentions(problem("c:audio=g722,rate=8000"), "16000"));
    CHECK(mentions(problem("c:clock=maybe"), "clock=maybe"));
}

TEST_CASE("keys that exclude each other are refused") {
    CHECK(mentions(problem("c:profile=baseline,bframes=1"), "baseline"));
    CHECK(mentions(problem("c:codec=h265,profile=high"), "H.265 has main, main10, main422-10"));
    CHECK(mentions(problem("c:profile=main10"), "H.264 has baseline"));
    CHECK(mentions(problem("c:scan=interlaced,profile=baseline"), "baseline"));
    CHECK(mentions(problem("c:scan=interlaced,codec=h265"), "H.264 alone"));
    CHECK(mentions(problem("c:scan=interlaced,codec=mjpeg"), "H.264 alone"));
    CHECK(mentions(problem("c:scan=interlaced,size=642x362"), "multiple of 4"));
    CHECK(mentions(problem("c:profile=main,codec=mjpeg"), "no profiles"));
    CHECK(mentions(problem("c:clock=yes,bframes=1"), "clock=yes"));
    CHECK(mentions(problem("c:gop=2,bframes=2"), "bframes"));
}

TEST_CASE("MJPEG has the rules of RFC 2435") {
    CHECK(problem("c:codec=mjpeg,size=2040x1080").empty());
    CHECK(mentions(problem("c:codec=mjpeg,size=642x360"), "642x360"));
    CHECK(mentions(problem("c:codec=mjpeg,size=640x362"), "multiples of 8"));
    CHECK(mentions(problem("c:codec=mjpeg,size=2048x1080"), "2040"));
    CHECK(mentions(problem("c:codec=mjpeg,bframes=1"), "B-frames"));
    CHECK(mentions(problem("c:codec=mjpeg,aspect=16:11"), "aspect"));
    CHECK(mentions(problem("c:gop=1s,codec=mjpeg"), "gop"));
    CHECK(mentions(problem("c:codec=mjpeg,bitrate=2M"), "bitrate"));
}

TEST_CASE("sizes that are no whole macroblocks, profiles and sounds are read") {
    for (const char* text :
         {"c:size=1366x768", "c:size=16x16", "c:size=360x640,profile=high422", "c:codec=h265,profile=main10",
          "c:profile=main422-10,codec=h265", "c:profile=high10,bframes=2",
          "c:clock=yes,codec=mjpeg,audio=g722", "c:audio=lpcm,rate=44100"}) {
        INFO(text);
        CHECK(problem(text).empty());
    }
    CHECK(parse_cameras("c:audio=lpcm")->front().audio == AudioSpec{AudioCodec::lpcm, 48000});
    CHECK(parse_cameras("c:audio=g722")->front().audio == AudioSpec{AudioCodec::g722, 16000});
}

TEST_CASE("the demo has four valid cameras") {
    const auto cameras = demo_cameras();
    REQUIRE(cameras.size() == 4);
    for (const CameraSpec& camera : cameras)
        CHECK(check(camera));
}
