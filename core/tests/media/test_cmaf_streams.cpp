// Real streams through the CMAF writer and into other people's readers.
#include "catch.hpp"
#include "cmaf_file.hpp"
#include "encoded_stream.hpp"
#include "media_tools.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

const std::string no_errors;

std::int64_t ticks(Nanoseconds time, const Format& format) {
    const double scale = format.kind == Kind::video ? 90000 : format.sample_rate;
    return std::llround(static_cast<double>(time.count()) * scale / 1e9);
}

/// Checks a track of the file, packet by packet, against what was put in.
void check_packets(const TemporaryFile& file, int track, const EncodedStream& stream, Nanoseconds epoch) {
    const auto packets = probe_packets(file.path(), track);
    REQUIRE(packets.size() == stream.units.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const AccessUnit& unit = *stream.units[i];
        INFO("track " << track << " packet " << i);
        REQUIRE(packets[i].dts == ticks(unit.dts - epoch, *stream.format));
        REQUIRE(packets[i].pts == ticks(unit.pts - epoch, *stream.format));
        REQUIRE(packets[i].keyframe == unit.keyframe);
        const bool last = i + 1 == packets.size();
        const Nanoseconds next = last ? stream.end : stream.units[i + 1]->dts;
        const auto duration = ticks(next - epoch, *stream.format) - ticks(unit.dts - epoch, *stream.format);
        REQUIRE(packets[i].duration.value_or(duration) == duration);
    }
}

/// GStreamer shows as many frames, at the times that were put in.
void check_qtdemux(const TemporaryFile& file, const std::string& track, const EncodedStream& stream,
                   Nanoseconds epoch) {
    std::vector<std::uint64_t> frames = qtdemux_frames(file.path(), track);
    REQUIRE(frames.size() == stream.units.size());
    std::vector<Nanoseconds> expected;
    for (const UnitPtr& unit : stream.units)
        expected.push_back(unit->pts - epoch);
    std::sort(expected.begin(), expected.end());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        INFO(track << " frame " << i);
        REQUIRE(std::abs(static_cast<std::int64_t>(frames[i]) - expected[i].count()) < 30000);
    }
}

void check_video(const EncodedStream& stream) {
    REQUIRE(stream.units.size() == 70);
    const Nanoseconds epoch = stream.units.front()->dts;
    const TemporaryFile file;
    write_cmaf(file, {stream}, epoch);
    check_packets(file, 0, stream, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
    check_qtdemux(file, "video_0", stream, epoch);

    const auto probed = probe_stream(file.path(), 0, "width,height,profile,level,codec_tag_string");
    CHECK(probed.at("width") == std::to_string(stream.format->width));
    CHECK(probed.at("height") == std::to_string(stream.format->height));
    CHECK(probed.at("codec_tag_string") == (stream.format->codec == Codec::h264 ? "avc1" : "hvc1"));
}

bool has_b_frames(const EncodedStream& stream) {
    return std::any_of(stream.units.begin(), stream.units.end(),
                       [](const auto& unit) { return unit->pts != unit->dts; });
}

}  // namespace

TEST_CASE("H.264 without B-frames") {
    const auto stream =
        encode(h264_pipeline("tune=zerolatency", "", " ! videoconvert ! video/x-raw,format=I420"));
    REQUIRE_FALSE(has_b_frames(stream));
    CHECK(reorder_frames(*stream.format) == 0U);
    CHECK(stream.format->frame_rate == 25);
    check_video(stream);
}

TEST_CASE("H.264 with B-frames") {
    const auto stream = encode(h264_pipeline("bframes=3 b-pyramid=true b-adapt=false"));
    REQUIRE(has_b_frames(stream));
    CHECK(reorder_frames(*stream.format) > 0U);
    const auto disposable = std::count_if(stream.units.begin(), stream.units.end(),
                                          [](const auto& unit) { return unit->disposable; });
    CHECK(disposable > 20);
    check_video(stream);
}

TEST_CASE("H.264 whose composition offsets are negative") {
    auto stream = encode(h264_pipeline("bframes=2 b-adapt=false"));
    const Nanoseconds late = 80ms;
    for (UnitPtr& unit : stream.units) {
        AccessUnit moved = *unit;
        moved.dts += late;
        unit = std::make_shared<const AccessUnit>(moved);
    }
    stream.end += late;
    const Nanoseconds epoch = stream.units.front()->dts - late;
    const TemporaryFile file;
    write_cmaf(file, {stream}, epoch);
    CHECK(decode_errors(file.path()) == no_errors);

    // Both readers move the whole track until no offset is negative: by the 40 ms of a B-frame shown at once.
    constexpr Nanoseconds moved = 40ms;
    const auto packets = probe_packets(file.path(), 0);
    REQUIRE(packets.size() == stream.units.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        INFO("packet " << i);
        REQUIRE(packets[i].pts == ticks(stream.units[i]->pts + moved - epoch, *stream.format));
    }
    check_qtdemux(file, "video_0", stream, epoch - moved);
}

TEST_CASE("interlaced H.264 with anamorphic pixels") {
    const auto stream =
        encode(h264_pipeline("interlaced=true", "", ",interlace-mode=interleaved,pixel-aspect-ratio=4/3"));
    check_video(stream);
    CHECK(stream.format->frame_rate == 25);
    const TemporaryFile file;
    write_cmaf(file, {stream}, 0ns);
    CHECK(probe_stream(file.path(), 0, "sample_aspect_ratio").at("sample_aspect_ratio") == "4:3");
}

TEST_CASE("H.265 without B-frames") {
    const auto stream = encode(h265_pipeline("tune=zerolatency option-string=\"bframes=0\""));
    REQUIRE_FALSE(has_b_frames(stream));
    CHECK(reorder_frames(*stream.format) == 0U);
    check_video(stream);
}

TEST_CASE("H.265 with B-frames, scaling lists and temporal layers") {
    const auto stream = encode(
        h265_pipeline("option-string=\"bframes=3:b-adapt=0:scaling-list=default:sar=16:temporal-layers=1\""));
    REQUIRE(has_b_frames(stream));
    CHECK(reorder_frames(*stream.format) > 0U);
    CHECK(stream.format->frame_rate == 25);
    CHECK(parse_h265_config(stream.format->config)->aspect_width == 2);
    check_video(stream);
}

TEST_CASE("Motion JPEG comes back byte for byte, beside AAC") {
    const auto video = encode(mjpeg_pipeline());
    const auto sound = encode(aac_pipeline(48000));
    const Nanoseconds epoch = video.units.front()->dts;
    const TemporaryFile file;
    write_cmaf(file, {video, sound}, epoch);
    check_packets(file, 0, video, epoch);
    check_packets(file, 1, sound, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
    check_qtdemux(file, "video_0", video, epoch);
    std::vector<std::uint8_t> pictures;
    for (const UnitPtr& unit : video.units) {
        const MappedBuffer mapped(unit->buffer.get());
        pictures.insert(pictures.end(), mapped.bytes().begin(), mapped.bytes().end());
    }
    CHECK(qtdemux_bytes(file.path(), "video_0") == pictures);
    const auto probed = probe_stream(file.path(), 0, "codec_name,width,height,codec_tag_string");
    CHECK(probed.at("codec_name") == "mjpeg");
    CHECK(probed.at("codec_tag_string") == "mp4v");
    CHECK(probed.at("width") == "320");
    CHECK(probed.at("height") == "180");
}

TEST_CASE("AAC alone") {
    const auto stream = encode(aac_pipeline(44100));
    CHECK(stream.format->sample_rate == 44100);
    CHECK(stream.format->channels == 2);
    const TemporaryFile file;
    const Nanoseconds epoch = stream.units.front()->dts;
    write_cmaf(file, {stream}, epoch);
    check_packets(file, 0, stream, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
    CHECK(qtdemux_frames(file.path(), "audio_0").size() >= stream.units.size() - 1);
}

TEST_CASE("G.711 comes back byte for byte, alone and beside a picture") {
    struct Case {
        std::string encoder, name, sample_entry;
    };
    const Case law = GENERATE(Case{"mulawenc", "mulaw", "ulaw"}, Case{"alawenc", "alaw", "alaw"});
    const auto sound = encode(g711_pipeline(law.encoder));
    std::vector<std::uint8_t> bytes;
    for (const UnitPtr& unit : sound.units) {
        const MappedBuffer mapped(unit->buffer.get());
        bytes.insert(bytes.end(), mapped.bytes().begin(), mapped.bytes().end());
    }
    REQUIRE(bytes.size() == std::size_t{100} * 160);
    const TemporaryFile raw;
    raw.write(bytes);
    const auto expected = decoded_sound({"-f", law.name, "-ar", "8000", "-ac", "1", "-i", raw.path()});
    REQUIRE(expected.size() == 2 * bytes.size());

    const TemporaryFile file;
    const Nanoseconds epoch = sound.units.front()->dts;
    int track = 0;
    SECTION("alone") {
        write_cmaf(file, {sound}, epoch);
    }
    SECTION("beside a picture") {
        write_cmaf(file, {encode(h264_pipeline("tune=zerolatency"), epoch), sound}, epoch);
        track = 1;
    }
    check_packets(file, track, sound, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
    CHECK(decoded_sound({"-i", file.path()}) == expected);
    CHECK(qtdemux_bytes(file.path(), "audio_0") == bytes);
    CHECK(probe_stream(file.path(), track, "codec_tag_string").at("codec_tag_string") == law.sample_entry);
}

TEST_CASE("picture and sound that start at different times keep their offset") {
    const auto video = encode(h264_pipeline("bframes=2 b-adapt=false"), 5s);
    const Nanoseconds epoch = video.units.front()->dts;
    SECTION("AAC, later") {
        const auto audio = encode(aac_pipeline(48000), 5700ms);
        const TemporaryFile file;
        write_cmaf(file, {video, audio}, epoch);
        check_packets(file, 0, video, epoch);
        check_packets(file, 1, audio, epoch);
        CHECK(decode_errors(file.path()) == no_errors);
        check_qtdemux(file, "video_0", video, epoch);
        const auto sound = qtdemux_frames(file.path(), "audio_0");
        REQUIRE_FALSE(sound.empty());
        CHECK(std::abs(static_cast<std::int64_t>(sound.front()) -
                       (audio.units.front()->pts - epoch).count()) < 50'000'000);
    }
    SECTION("Opus, earlier") {
        const auto audio = encode(opus_pipeline(), 4s);
        const Nanoseconds earliest = audio.units.front()->dts;
        const TemporaryFile file;
        write_cmaf(file, {video, audio}, earliest);
        check_packets(file, 0, video, earliest);
        check_packets(file, 1, audio, earliest);
        CHECK(decode_errors(file.path()) == no_errors);
        check_qtdemux(file, "video_0", video, earliest);
        CHECK(qtdemux_frames(file.path(), "audio_0").size() >= audio.units.size() - 1);
    }
}

TEST_CASE("H.265 and Opus") {
    const auto video = encode(h265_pipeline("option-string=\"bframes=2\""), 1s);
    const auto audio = encode(opus_pipeline(), 1s);
    const Nanoseconds epoch = std::min(video.units.front()->dts, audio.units.front()->dts);
    const TemporaryFile file;
    write_cmaf(file, {video, audio}, epoch);
    check_packets(file, 0, video, epoch);
    check_packets(file, 1, audio, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
}

TEST_CASE("a stream that repeats its parameter sets loses them and still decodes") {
    const auto stream = encode(h264_pipeline("aud=true option-string=repeat-headers=1"));
    const TemporaryFile file;
    const Nanoseconds epoch = stream.units.front()->dts;
    write_cmaf(file, {stream}, epoch);
    check_packets(file, 0, stream, epoch);
    CHECK(decode_errors(file.path()) == no_errors);
    const auto packets = probe_packets(file.path(), 0);
    std::size_t smaller = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const auto size = static_cast<std::int64_t>(gst_buffer_get_size(stream.units[i]->buffer.get()));
        REQUIRE(packets[i].size <= size);
        if (packets[i].size < size) ++smaller;
    }
    CHECK(smaller > 0);
}

TEST_CASE("the parsers of GStreamer and of this library agree") {
    const auto agree = [](const EncodedStream& stream) {
        const GstStructure* caps = gst_caps_get_structure(stream.caps.get(), 0);
        int width = 0;
        int height = 0;
        int rate = 0;
        int per = 1;
        gst_structure_get_int(caps, "width", &width);
        gst_structure_get_int(caps, "height", &height);
        gst_structure_get_fraction(caps, "framerate", &rate, &per);
        CHECK(stream.format->width == width);
        CHECK(stream.format->height == height);
        CHECK(stream.format->frame_rate == static_cast<double>(rate) / per);
        CHECK(stream.format->level == gst_structure_get_string(caps, "level"));
    };
    const auto raw = [](int width, int height, const char* rate, const char* format) {
        return fmt::format(
            "videotestsrc num-buffers=3 ! video/x-raw,width={},height={},framerate={},format={} ! ", width,
            height, rate, format);
    };
    const std::string avc = " ! h264parse ! video/x-h264,stream-format=avc,alignment=au";
    const std::string hevc = " ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au";
    agree(encode(raw(1918, 1078, "30000/1001", "I420") + "x264enc" + avc));
    agree(encode(raw(642, 362, "15/1", "Y42B") + "x264enc" + avc));
    agree(encode(raw(642, 362, "50/1", "Y444") + "x264enc" + avc));
    agree(encode(raw(352, 288, "12/1", "I420") + "x264enc ! video/x-h264,profile=baseline" + avc));
    agree(encode(raw(706, 574, "30000/1001", "I420") + "x265enc log-level=error" + hevc));
    agree(encode(raw(642, 362, "15/1", "Y444") + "x265enc log-level=error" + hevc));
    agree(encode(raw(642, 362, "15/1", "I420_10LE") + "x265enc log-level=error" + hevc));
}
