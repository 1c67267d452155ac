// format=mp4: what players make of it, and that it says the same as the fragments.
#include "catch.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::playback::testing;

namespace {

constexpr double all = 1000;
const std::string no_errors;

std::unique_ptr<TemporaryFile> progressive(Site& site, double start = 0, double duration = all) {
    const auto reply = site.get(get_url(start, duration, "&format=mp4"));
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-length") == std::to_string(reply.body.size()));
    CHECK(reply.body.find("moov") < reply.body.find("mdat"));
    auto file = saved(reply);
    CHECK(decode_complaints(*file) == no_errors);
    return file;
}

/// The same samples at the same times, up to the packets' durations: a progressive file has none but the
/// distance to the next sample.
void check_equal(const TemporaryFile& one, const TemporaryFile& other, int stream) {
    const auto packets = test::probe_packets(one.path(), stream);
    const auto others = test::probe_packets(other.path(), stream);
    REQUIRE(packets.size() == others.size());
    REQUIRE_FALSE(packets.empty());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        INFO("stream " << stream << " packet " << i);
        REQUIRE(packets[i].pts == others[i].pts);
        REQUIRE(packets[i].dts == others[i].dts);
        REQUIRE(packets[i].keyframe == others[i].keyframe);
    }
}

}  // namespace

TEST_CASE("a progressive file has the fragments' samples at their times") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 3, 1);
    site.add({"h264", "aac"}, 100, 2);
    const auto file = progressive(site);
    const auto fragments = saved(site.get(get_url(0, all)));
    check_equal(*file, *fragments, 0);
    check_equal(*file, *fragments, 1);
    CHECK(decoded_frames(*file, "v:0") == 210);
    CHECK(test::qtdemux_frames(file->path(), "video_0") ==
          test::qtdemux_frames(fragments->path(), "video_0"));
    CHECK(duration_of(*file) == Approx(3 + 2.8 + 2.8).margin(0.2));
}

TEST_CASE("a progressive file with other sizes, other codecs and lost sound") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"large"}, 10, 2);
    site.add({"h265", "aac"}, 20, 3);
    site.add({"h264", "pcmu"}, 30, 4);
    const auto file = progressive(site);
    const auto fragments = saved(site.get(get_url(0, all)));
    for (int track = 0; track < 4; ++track)
        check_equal(*file, *fragments, track);
    CHECK(decoded_frames(*file, "v:0") == 210);
    CHECK(decoded_frames(*file, "v:1") == 70);
    CHECK(test::decoded_sound({"-i", file->path(), "-map", "0:a:1"}) ==
          test::decoded_sound({"-i", recording({"pcmu"}).path()}));
}

TEST_CASE("a progressive file begins at exactly the start") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    const auto file = progressive(site, 1.5, 1);
    // ffmpeg leaves out what is before the edit; here the pictures of 1.48 s to 2.56 s in parts up to 2.6 s.
    const int frames = decoded_frames(*file, "v:0");
    CHECK(frames >= 27);
    CHECK(frames <= 30);
    CHECK(test::qtdemux_frames(file->path(), "video_0").size() >= 27);
    CHECK(duration_of(*file) == Approx(1.1).margin(0.15));
}

TEST_CASE("players find their way in a progressive file") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 2.9, 1);
    const auto file = progressive(site);
    const auto sound = test::decoded_sound({"-ss", "3.5", "-i", file->path()});
    const double seconds = static_cast<double>(sound.size()) / (48000 * 2 * 2);
    CHECK(seconds == Approx(2.9 + 130 * 1024 / 48000. - 3.5).margin(0.1));
}

TEST_CASE("a file that cannot be read is no part of a progressive file") {
    Site site;
    site.add({"h264"}, 0, 1);
    {
        const TemporaryFile file;
        const auto copied = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(recording({"h264"}).path(), file.path(), copied);
        site.recordings().add("cam1", file.path(), at_us(2.8), 1);
    }
    site.add({"h264"}, 5.6, 1);
    const auto file = progressive(site);
    const auto packets = test::probe_packets(file->path(), 0);
    REQUIRE(packets.size() == 140);
    CHECK(packets[70].dts - packets[0].dts == 504000);
    CHECK(site.get(get_url(20, 10, "&format=mp4")).status == 404);
}
