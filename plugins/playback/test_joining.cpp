// What players make of files that were put together.
#include "catch.hpp"
#include "testing.hpp"

#include <algorithm>

using namespace rill;
using namespace rill::playback::testing;

namespace {

const std::string no_errors;

/// The answer to everything there is, which must decode without a complaint.
std::unique_ptr<TemporaryFile> everything(Site& site) {
    const auto reply = site.get(get_url(0, 1000));
    REQUIRE(reply.status == 200);
    auto file = saved(reply);
    CHECK(test::decode_errors(file->path()) == no_errors);
    return file;
}

void check_rising(const std::vector<test::Packet>& packets) {
    for (std::size_t i = 1; i < packets.size(); ++i) {
        INFO("packet " << i);
        REQUIRE(packets[i].dts > packets[i - 1].dts);
    }
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (const char byte : bytes.substr(at, 4))
        number = number << 8 | static_cast<std::uint8_t>(byte);
    return number;
}

/// What the mfhd of each moof says (ISO/IEC 14496-12 §8.8.5).
std::vector<std::uint32_t> fragment_numbers(const std::string& file) {
    std::vector<std::uint32_t> numbers;
    for (std::size_t box = 0; box < file.size(); box += std::max(8u, number_at(file, box))) {
        if (file.compare(box + 4, 4, "moof") == 0) numbers.push_back(number_at(file, box + 20));
    }
    return numbers;
}

}  // namespace

TEST_CASE("fragments are numbered in their order, also of files with many parts") {
    constexpr int parts = 33'000;
    EncodedStream packets = stream("pcmu");
    const UnitPtr packet = packets.units.front();
    packets.units.clear();
    for (int i = 0; i <= parts; ++i) {
        auto next = std::make_shared<AccessUnit>(*packet);
        next->dts = next->pts = std::chrono::milliseconds(200) * i;
        packets.units.push_back(std::move(next));
    }
    packets.end = packets.units.back()->dts;
    packets.units.pop_back();
    const TemporaryFile file;
    test::write_cmaf(file, {packets}, Nanoseconds(0));
    Site site;
    const auto id = site.recordings().add("cam1", file.path(), at_us(0), 1);
    site.recordings().add_again("cam1", id, file.path(), at_us(0.2 * parts), 1);
    const auto numbers = fragment_numbers(site.get(get_url(0, 0.4 * parts)).body);
    CHECK(numbers.size() == 2 * parts);
    CHECK(std::ranges::is_sorted(numbers, std::ranges::less_equal()));
}

TEST_CASE("files of a chain keep their distance in UTC") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 3, 1);
    site.add({"h264", "aac"}, 6, 1);
    const auto file = everything(site);
    const auto packets = test::probe_packets(file->path(), 0);
    REQUIRE(packets.size() == 210);
    check_rising(packets);
    CHECK(packets[70].dts - packets[0].dts == 270'000);
    CHECK(packets[140].dts - packets[0].dts == 540'000);
    const auto sound = test::probe_packets(file->path(), 1);
    check_rising(sound);
    CHECK(sound[sound.size() / 3].dts - sound[0].dts == 144'000);
    CHECK(decoded_frames(*file, "v:0") == 210);
    CHECK(test::qtdemux_frames(file->path(), "video_0").size() == 210);
    CHECK(duration_of(*file) == Approx(6 + 2.8).margin(0.2));
}

TEST_CASE("a gap is closed") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 500, 2);
    const auto file = everything(site);
    const auto packets = test::probe_packets(file->path(), 0);
    REQUIRE(packets.size() == 140);
    check_rising(packets);
    const auto sound = test::probe_packets(file->path(), 1);
    check_rising(sound);
    const double seam = static_cast<double>(packets[70].dts - packets[69].dts) / 90000;
    CHECK(seam >= 0.04);
    CHECK(seam < 0.2);  // the sound before it was a little longer
    CHECK(decoded_frames(*file, "v:0") == 140);
}

TEST_CASE("what was recorded twice because the clock was set back is played twice") {
    Site site;
    site.add({"h264"}, 0, 1);
    site.add({"h264"}, 2.8, 1);
    site.add({"h264"}, 1, 2);
    site.add({"h264"}, 3.8, 2);
    const auto file = everything(site);
    const auto packets = test::probe_packets(file->path(), 0);
    REQUIRE(packets.size() == 280);
    check_rising(packets);
    CHECK(packets[70].dts - packets[0].dts == 252000);
    CHECK(packets[210].dts - packets[140].dts == 252000);
}

TEST_CASE("another size of the pictures goes on in the same track") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"large", "aac"}, 10, 2);
    site.add({"h264", "aac"}, 20, 3);
    const auto file = everything(site);
    CHECK(test::probe_packets(file->path(), 0).size() == 210);
    CHECK(decoded_frames(*file, "v:0") == 210);
    CHECK(test::probe_stream(file->path(), 1, "codec_name").at("codec_name") == "aac");
    CHECK(test::probe_stream(file->path(), 2, "codec_name").empty());
    // It looks at sample_description_index; its decoder keeps the last picture before a change for itself.
    CHECK(test::qtdemux_frames(file->path(), "video_0").size() >= 208);
    check_rising(test::probe_packets(file->path(), 0));
}

TEST_CASE("another codec goes on in another track") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h265", "aac"}, 10, 2);
    const auto file = everything(site);
    CHECK(decoded_frames(*file, "v:0") == 70);
    CHECK(decoded_frames(*file, "v:1") == 70);
    const auto first = test::probe_packets(file->path(), 0);
    const auto second = test::probe_packets(file->path(), 2);
    CHECK(test::probe_stream(file->path(), 2, "codec_name").at("codec_name") == "hevc");
    CHECK(second.front().dts >= first.back().dts + 3600);
    CHECK(second.front().dts < first.back().dts + 18000);
}

TEST_CASE("sound that is lost in the middle and comes back") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264"}, 2.9, 2);
    site.add({"h264", "aac"}, 6, 3);
    const auto file = everything(site);
    CHECK(decoded_frames(*file, "v:0") == 210);
    const auto sound = test::probe_packets(file->path(), 1);
    check_rising(sound);
    const auto one = test::probe_packets(recording({"h264", "aac"}).path(), 1).size();
    CHECK(sound.size() == 2 * one);
}

TEST_CASE("sound alone, and G.711") {
    Site site;
    site.add({"pcmu"}, 0, 1);
    site.add({"pcmu"}, 2, 1);
    const auto file = everything(site);
    const auto one = test::decoded_sound({"-i", recording({"pcmu"}).path()});
    auto expected = one;
    expected.insert(expected.end(), one.begin(), one.end());
    CHECK(test::decoded_sound({"-i", file->path()}) == expected);
}
