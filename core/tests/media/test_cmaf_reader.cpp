// What the CMAF writer wrote comes back, and agrees with what ffprobe sees.
#include "catch.hpp"
#include "cmaf_file.hpp"
#include "memory_file.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/cmaf_reader.hpp>
#include <rill/media/formats.hpp>

#include <algorithm>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

ByteVector init_segment(const std::vector<Format>& formats) {
    std::vector<std::shared_ptr<const Format>> tracks;
    tracks.reserve(formats.size());
    for (const Format& format : formats)
        tracks.push_back(std::make_shared<const Format>(format));
    const auto writer = cmaf::Writer::create(std::move(tracks), 0ns);
    REQUIRE(writer);
    const Ref<GBytes> init = writer->init_segment();
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(init.get(), &size));
    return {data, data + size};
}

Format format_of(const std::string& caps) {
    const auto parsed = Ref<GstCaps>::adopt(gst_caps_from_string(caps.c_str()));
    auto format = format_from_caps(parsed.get());
    REQUIRE(format);
    return *std::move(format);
}

Format aac(const std::string& config) {
    return format_of("audio/mpeg,mpegversion=4,stream-format=raw,channels=3,codec_data=(buffer)" + config);
}

void check_comes_back(const std::vector<Format>& formats) {
    ByteVector bytes = init_segment(formats);
    const std::size_t size = bytes.size();
    bytes.insert(bytes.end(), {0, 0, 0, 1});
    const auto init = cmaf::parse_init(bytes);
    REQUIRE(init);
    CHECK(init->tracks == formats);
    CHECK(init->bytes == size);
    bytes.resize(size);
    CHECK(init_segment(init->tracks) == bytes);
}

cmaf::Scan scanned(const ByteVector& bytes) {
    const MemoryFile file(bytes);
    auto found = cmaf::scan(file.fd());
    REQUIRE(found);
    return *std::move(found);
}

cmaf::Fragment fragment_of(const ByteVector& file, const cmaf::Part& part, const cmaf::Init& init) {
    auto fragment = cmaf::parse_fragment(std::span(file).subspan(part.offset, part.bytes), init);
    REQUIRE(fragment);
    return *std::move(fragment);
}

/// A sample and where it is in the file.
struct Found {
    cmaf::SampleInfo sample;
    std::uint64_t position = 0;
};
std::vector<Found> samples_of_track(const ByteVector& file, std::size_t track) {
    const cmaf::Scan scan = scanned(file);
    CHECK(scan.rest.empty());
    CHECK(scan.complete_bytes == file.size());
    std::vector<Found> found;
    for (const cmaf::Part& part : scan.parts) {
        for (const cmaf::RunInfo& run : fragment_of(file, part, scan.init).runs) {
            if (run.track != track) continue;
            for (const cmaf::SampleInfo& sample : run.samples)
                found.push_back({sample, part.offset + sample.offset});
        }
    }
    return found;
}

void check_times(const cmaf::SampleInfo& sample, const AccessUnit& unit, Nanoseconds epoch) {
    constexpr Nanoseconds tick = 63us;  // of half a tick at 8 kHz
    REQUIRE(std::chrono::abs(sample.dts_time - (unit.dts - epoch)) <= tick);
    REQUIRE(std::chrono::abs(sample.pts_time - (unit.pts - epoch)) <= tick);
}

void check_against_ffprobe(const TemporaryFile& file, const ByteVector& bytes, std::size_t track,
                           const EncodedStream& stream, Nanoseconds epoch) {
    const auto packets = probe_packets(file.path(), static_cast<int>(track));
    const auto found = samples_of_track(bytes, track);
    REQUIRE(found.size() == stream.units.size());
    REQUIRE(packets.size() == found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        INFO("track " << track << " sample " << i);
        const cmaf::SampleInfo& sample = found[i].sample;
        REQUIRE(static_cast<std::int64_t>(sample.dts) == packets[i].dts);
        REQUIRE(sample.pts == packets[i].pts);
        REQUIRE(sample.size == packets[i].size);
        REQUIRE(sample.keyframe == packets[i].keyframe);
        REQUIRE(packets[i].duration.value_or(sample.duration) == sample.duration);
        REQUIRE(sample.disposable == stream.units[i]->disposable);
        check_times(sample, *stream.units[i], epoch);

        const MappedBuffer unit(stream.units[i]->buffer.get());
        const auto written = std::span(bytes).subspan(found[i].position, sample.size);
        REQUIRE(unit.bytes().size() >= sample.size);
        const auto expected = unit.bytes().last(sample.size);  // without a delimiter at its start
        REQUIRE(std::equal(written.begin(), written.end(), expected.begin(), expected.end()));
        if (i == 0) continue;
        const cmaf::SampleInfo& before = found[i - 1].sample;
        REQUIRE(before.dts_time + before.duration_time == sample.dts_time);
    }
}

}  // namespace

TEST_CASE("formats come back from their init segment, for every codec") {
    const std::vector<Format> formats{
        *encode(h264_pipeline("bframes=2")).format,
        *encode(h264_pipeline("", "", ",pixel-aspect-ratio=4/3")).format,
        *encode(h265_pipeline("")).format,
        format_of("image/jpeg,width=1280,height=720"),
        aac("1190"),
        aac("1010"),              // 96 kHz: more than the sample entry holds
        aac("131056e598"),        // SBR
        aac("eb098800"),          // parametric stereo
        aac("178001f401000000"),  // a program config: the sample entry has the channels
        format_of("audio/x-opus,channels=1"),
        format_of("audio/x-opus,channels=2"),
        format_of("audio/x-mulaw,rate=8000,channels=1"),
        format_of("audio/x-alaw,rate=16000,channels=2"),
    };
    check_comes_back(formats);
    for (const Format& format : formats)
        check_comes_back({format});
    const auto init = cmaf::parse_init(init_segment(formats));
    REQUIRE(init);
    CHECK(init->time_scales == std::vector<std::uint32_t>{90000, 90000, 90000, 90000, 48000, 96000, 48000,
                                                          48000, 1000, 48000, 48000, 8000, 16000});
}

TEST_CASE("samples are what ffprobe sees and what was put in") {
    const auto video = GENERATE(0, 1);
    const auto picture = encode(video == 0 ? h264_pipeline("bframes=3 b-pyramid=true b-adapt=false")
                                           : h265_pipeline("option-string=\"bframes=2\""),
                                1s);
    REQUIRE(std::any_of(picture.units.begin(), picture.units.end(),
                        [](const auto& unit) { return unit->pts != unit->dts; }));
    const std::vector<EncodedStream> streams{picture, encode(aac_pipeline(44100), 1200ms),
                                             encode(opus_pipeline(), 1500ms),
                                             encode(g711_pipeline("mulawenc"), 1100ms)};
    const Nanoseconds epoch = picture.units.front()->dts;
    const ByteVector bytes = cmaf_file(streams, epoch);
    const TemporaryFile file;
    file.write(bytes);
    for (std::size_t track = 0; track < streams.size(); ++track)
        check_against_ffprobe(file, bytes, track, streams[track], epoch);
}

TEST_CASE("a pts before its dts, and one below 0") {
    auto stream = encode(h264_pipeline("tune=zerolatency"));
    AccessUnit early = *stream.units[1];
    early.pts = early.dts - 40ms - 1s;
    stream.units[1] = std::make_shared<const AccessUnit>(early);
    const auto found = samples_of_track(cmaf_file({stream}, stream.units[0]->dts), 0);
    REQUIRE(found.size() == stream.units.size());
    CHECK(found[1].sample.dts == 3600);
    // The writer's pts stops at the epoch.
    CHECK(found[1].sample.pts == 0);
    CHECK(found[1].sample.pts_time == 0ns);
}

TEST_CASE("a scan lists the parts of the leading track without a gap") {
    const auto video = encode(h264_pipeline("bframes=2 b-adapt=false"), 1s);
    const auto audio = encode(aac_pipeline(48000), 400ms);
    const Nanoseconds epoch = audio.units.front()->dts;
    const ByteVector bytes = cmaf_file({audio, video}, epoch);
    const MemoryFile file(bytes);
    lseek(file.fd(), 3, SEEK_SET);
    const auto scan = cmaf::scan(file.fd());
    REQUIRE(scan);
    CHECK(lseek(file.fd(), 0, SEEK_CUR) == 3);
    CHECK(scan->rest.empty());
    CHECK(scan->complete_bytes == bytes.size());
    REQUIRE(scan->parts.size() > 10);
    CHECK(scan->parts.front().start == 0ns);
    CHECK_FALSE(scan->parts.front().keyframe);  // nothing to see yet

    std::uint64_t end = scan->init.bytes;
    std::size_t keyframes = 0;
    const cmaf::Part* before = nullptr;
    for (const cmaf::Part& part : scan->parts) {
        CHECK(part.offset == end);
        end = part.offset + part.bytes;
        keyframes += part.keyframe ? 1 : 0;
        const auto runs = fragment_of(bytes, part, scan->init).runs;
        const auto seen =
            std::find_if(runs.begin(), runs.end(), [](const auto& run) { return run.track == 1; });
        CHECK(part.keyframe == (seen != runs.end() && seen->samples.front().keyframe));
        if (seen == runs.end()) continue;
        CHECK(part.start == seen->samples.front().dts_time);
        if (before != nullptr) CHECK(before->start + before->duration == part.start);
        before = &part;
    }
    REQUIRE(before != nullptr);
    CHECK(keyframes >= 1);
    constexpr Nanoseconds tick = 12us;
    CHECK(std::chrono::abs(before->start + before->duration - (video.end - epoch)) <= tick);
}

TEST_CASE("sound alone can be entered anywhere") {
    const auto scan = scanned(cmaf_file({encode(g711_pipeline("alawenc"))}, 0ns));
    REQUIRE(scan.parts.size() == 10);
    for (const cmaf::Part& part : scan.parts) {
        CHECK(part.keyframe);
        CHECK(part.duration == 200ms);
    }
}

TEST_CASE("a torn or foreign tail is not part of the file") {
    const ByteVector whole = cmaf_file({encode(aac_pipeline(48000))}, 0ns);
    const auto complete = scanned(whole);
    const cmaf::Part last = complete.parts.back();
    for (std::size_t size = last.offset + 1; size < whole.size(); ++size) {
        const auto torn = scanned({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
        REQUIRE(torn.parts.size() == complete.parts.size() - 1);
        REQUIRE(torn.complete_bytes == last.offset);
        REQUIRE_FALSE(torn.rest.empty());
    }
    const auto with = [&whole](const char* hex) {
        ByteVector longer = whole;
        const ByteVector tail = from_hex(hex);
        longer.insert(longer.end(), tail.begin(), tail.end());
        return scanned(longer);
    };
    for (const char* tail : {
             "000000086d646174",                  // mdat without a moof
             "000000006d6f6f66",                  // moof up to the end of the file
             "000000016d6f6f660000000000000010",  // moof with a size of 64 bits
             "000000086d6f6f66000000086d646174",  // moof with nothing in it
             "0000000866747970",                  // ftyp
             "0000000000000000",                  // what a file system leaves after a power cut
             "00000008667265",                    // a torn free
             "0000000866726565",                  // free
             "0000000866726565000000096672656500",
         }) {
        INFO(tail);
        const auto scan = with(tail);
        CHECK(scan.parts.size() == complete.parts.size());
        CHECK(scan.complete_bytes == whole.size());
        CHECK(scan.rest.find("at byte " + std::to_string(whole.size())) == 0);
    }
}

TEST_CASE("free space between parts is skipped, at the end it is where the file ends") {
    ByteVector bytes = cmaf_file({encode(aac_pipeline(48000))}, 0ns);
    const auto complete = scanned(bytes);
    const auto become_free = [&bytes](const cmaf::Part& part) {
        for (std::size_t i = 0; i < 4; ++i)
            bytes[part.offset + i] = static_cast<std::uint8_t>(part.bytes >> (24 - 8 * i));
        std::copy_n("free", 4, bytes.begin() + static_cast<std::ptrdiff_t>(part.offset) + 4);
    };
    become_free(complete.parts[2]);
    auto scan = scanned(bytes);
    CHECK(scan.parts.size() == complete.parts.size() - 1);
    CHECK(scan.parts[2].offset == complete.parts[3].offset);
    CHECK(scan.complete_bytes == bytes.size());
    CHECK(scan.rest.empty());

    become_free(complete.parts.back());
    scan = scanned(bytes);
    CHECK(scan.parts.size() == complete.parts.size() - 2);
    CHECK(scan.complete_bytes == complete.parts.back().offset);
    CHECK_FALSE(scan.rest.empty());
}

TEST_CASE("without an init segment of ours there is no file, and a disk's error is not its end") {
    const ByteVector whole = init_segment({aac("1190")});
    CHECK(scanned(whole).parts.empty());
    const auto code = [](const ByteVector& bytes) {
        const MemoryFile file(bytes);
        const auto scan = cmaf::scan(file.fd());
        return scan ? std::nullopt : std::optional(scan.error().code);
    };
    for (std::size_t size = 0; size < whole.size(); ++size) {
        REQUIRE(code({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}) ==
                Code::unsupported_media);
    }

    const TemporaryFile file;
    file.write(whole);
    const int unreadable = open(file.path().c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(unreadable >= 0);
    const auto failed = cmaf::scan(unreadable);
    close(unreadable);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Code::internal);
    CHECK_FALSE(cmaf::scan(-1));
}
