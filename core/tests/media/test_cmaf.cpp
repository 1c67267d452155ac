// The boxes that the CMAF writer makes of units made by hand. test_cmaf_streams.cpp has real streams.
#include "box_reader.hpp"
#include "catch.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/formats.hpp>

#include <random>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

using FormatPtr = std::shared_ptr<const Format>;

FormatPtr h264(unsigned aspect_width = 1, unsigned aspect_height = 1) {
    BitWriter sps;  // 320x240 Main
    sps.bits(77, 8).bits(0, 8).bits(13, 8).ue({0, 0, 0, 0, 2}).flag(false).ue({19, 14}).flags("1101");
    sps.flag(true).bits(255, 8).bits(aspect_width, 16).bits(aspect_height, 16).flags("00000000");
    Format format;
    format.config = avcc(sps.nal({0x67}));
    format.width = 320;
    format.height = 240;
    return std::make_shared<const Format>(format);
}

FormatPtr h265() {
    BitWriter sps;
    sps.bits(0, 4)
        .bits(0, 3)
        .flag(true)
        .bits(1, 8)
        .bits(0x60000000, 32)
        .bits(0x90, 8)
        .bits(0, 40)
        .bits(93, 8);
    sps.ue({0, 1, 320, 240}).flag(false).ue({0, 0, 4}).flag(true).ue({4, 0, 0});
    sps.ue({0, 3, 0, 3, 0, 0}).flags("0110").ue(0).flags("0110");
    Format format;
    format.codec = Codec::h265;
    format.config = hvcc(sps.nal({0x42, 0x01}));
    format.width = 320;
    format.height = 240;
    return std::make_shared<const Format>(format);
}

FormatPtr sound(Codec codec, int sample_rate, ByteVector config = {}) {
    Format format;
    format.kind = Kind::audio;
    format.codec = codec;
    format.config = std::move(config);
    format.sample_rate = sample_rate;
    format.channels = 2;
    return std::make_shared<const Format>(format);
}

FormatPtr aac() {
    return sound(Codec::aac, 48000, {0x11, 0x90});
}

AccessUnit unit(const ByteVector& bytes, Nanoseconds dts, Nanoseconds pts, bool keyframe = true) {
    AccessUnit unit;
    unit.buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
    if (!bytes.empty()) gst_buffer_fill(unit.buffer.get(), 0, bytes.data(), bytes.size());
    unit.dts = dts;
    unit.pts = pts;
    unit.keyframe = keyframe;
    return unit;
}

UnitPtr shared(AccessUnit unit) {
    return std::make_shared<const AccessUnit>(std::move(unit));
}

const ByteVector idr = length_prefixed({{0x65, 1, 2, 3}});
const ByteVector inter = length_prefixed({{0x41, 4, 5}});

cmaf::Writer writer(std::vector<FormatPtr> tracks, Nanoseconds epoch = 0ns) {
    auto created = cmaf::Writer::create(std::move(tracks), epoch);
    REQUIRE(created);
    return *std::move(created);
}

ByteVector joined(const cmaf::Chunks& chunks) {
    ByteVector all;
    for (const auto& chunk : chunks) {
        gsize size = 0;
        const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(chunk.get(), &size));
        all.insert(all.end(), data, data + size);
    }
    return all;
}

ByteVector joined(const Ref<GBytes>& bytes) {
    return joined(cmaf::Chunks{bytes});
}

ByteVector fragment(cmaf::Writer& writer, const std::vector<UnitPtr>& units, Nanoseconds end,
                    std::size_t track = 0) {
    const cmaf::Run run{track, units, end};
    const auto chunks = writer.fragment({&run, 1});
    ByteVector all = joined(chunks);
    CHECK(cmaf::size_of(chunks) == all.size());
    return all;
}

/// The samples of a trun of video, in the order that the fields have in it.
struct SampleEntry {
    std::uint32_t duration, size, flags;
    std::int32_t composition_offset;
};
std::vector<SampleEntry> video_samples(const ByteVector& fragment) {
    const Box trun = find_boxes(fragment, "moof/traf/trun").at(0);
    std::vector<SampleEntry> samples;
    for (std::size_t i = 0; i < trun.u32(4); ++i) {
        const std::size_t at = 12 + 16 * i;
        samples.push_back(
            {trun.u32(at), trun.u32(at + 4), trun.u32(at + 8), static_cast<std::int32_t>(trun.u32(at + 12))});
    }
    return samples;
}

std::uint64_t decode_time(const ByteVector& fragment, std::size_t track = 0) {
    return find_boxes(fragment, "moof/traf/tfdt").at(track).u64(4);
}

ByteVector media_data(const ByteVector& fragment) {
    const auto content = find_boxes(fragment, "mdat").at(0).content;
    return {content.begin(), content.end()};
}

}  // namespace

TEST_CASE("the init segment describes every track") {
    const auto made = writer({h264(), h265(), aac(), sound(Codec::opus, 48000)});
    const ByteVector init = joined(made.init_segment());
    REQUIRE(boxes(init).size() == 2);
    CHECK(boxes(init)[0].type == "ftyp");
    const auto entries = find_boxes(init, "moov/trak/mdia/minf/stbl/stsd");
    REQUIRE(entries.size() == 4);
    const auto entry = [&](std::size_t track) { return boxes(entries[track].content.subspan(8)).at(0); };
    CHECK(entry(0).type == "avc1");
    CHECK(entry(1).type == "hvc1");
    CHECK(entry(2).type == "mp4a");
    CHECK(entry(3).type == "Opus");

    const auto scales = find_boxes(init, "moov/trak/mdia/mdhd");
    CHECK(scales[0].u32(12) == 90000);
    CHECK(scales[1].u32(12) == 90000);
    CHECK(scales[2].u32(12) == 48000);
    CHECK(scales[3].u32(12) == 48000);
    const auto headers = find_boxes(init, "moov/trak/tkhd");
    const auto extends = find_boxes(init, "moov/mvex/trex");
    REQUIRE(extends.size() == 4);
    for (std::uint32_t track = 0; track < 4; ++track) {
        CHECK(headers[track].u32(12) == track + 1);
        CHECK(extends[track].u32(4) == track + 1);
    }

    constexpr std::size_t visual_sample_entry = 78;
    constexpr std::size_t audio_sample_entry = 28;
    const auto inside = [](const Box& box, std::size_t skip) { return boxes(box.content.subspan(skip)); };
    const Box avcc_box = inside(entry(0), visual_sample_entry).at(0);
    CHECK(avcc_box.type == "avcC");
    CHECK(ByteVector(avcc_box.content.begin(), avcc_box.content.end()) == made.tracks()[0]->config);
    CHECK(inside(entry(0), visual_sample_entry).size() == 1);
    const Box stream = inside(entry(2), audio_sample_entry).at(0);
    CHECK(stream.type == "esds");
    CHECK(ByteVector(stream.content.begin(), stream.content.end()) ==
          from_hex("00000000"  // version and flags
                   "0380808022"
                   "0003"
                   "00"  // ES_Descriptor, ES_ID, flags
                   "0480808014"
                   "40"
                   "15"  // DecoderConfigDescriptor: MPEG-4 audio, audio stream
                   "000000"
                   "00000000"
                   "00000000"  // no buffer size and no bit rates
                   "0580808002"
                   "1190"  // DecoderSpecificInfo
                   "0680808001"
                   "02"));  // SLConfigDescriptor
    const Box opus = inside(entry(3), audio_sample_entry).at(0);
    CHECK(opus.type == "dOps");
    CHECK(opus.content[1] == 2);
    CHECK(opus.u32(4) == 48000);
}

TEST_CASE("hvc1 says that its parameter sets are complete") {
    const ByteVector init = joined(writer({h265()}).init_segment());
    const Box entry = boxes(find_boxes(init, "moov/trak/mdia/minf/stbl/stsd").at(0).content.subspan(8)).at(0);
    const Box record = boxes(entry.content.subspan(78)).at(0);
    REQUIRE(record.type == "hvcC");
    CHECK(record.content[23] == (0x80 | 32));
}

TEST_CASE("pixels that are not square have a pasp, and the track the width it is shown at") {
    const ByteVector init = joined(writer({h264(4, 3)}).init_segment());
    const Box entry = boxes(find_boxes(init, "moov/trak/mdia/minf/stbl/stsd").at(0).content.subspan(8)).at(0);
    CHECK(entry.u16(24) == 320);
    const Box pasp = boxes(entry.content.subspan(78)).at(1);
    CHECK(pasp.type == "pasp");
    CHECK(pasp.u32(0) == 4);
    CHECK(pasp.u32(4) == 3);
    const Box header = find_boxes(init, "moov/trak/tkhd").at(0);
    CHECK(header.u32(76) == 320 * 65536 * 4 / 3);
    CHECK(header.u32(80) == 240 * 65536);
    CHECK(joined(writer({h264(65535, 1)}).init_segment()).size() == init.size());
}

TEST_CASE("what cannot be written is refused") {
    const auto refused = [](std::vector<FormatPtr> tracks) {
        const auto created = cmaf::Writer::create(std::move(tracks), 0ns);
        return !created && created.error().code == Code::not_acceptable;
    };
    CHECK(refused({}));
    CHECK(refused({sound(Codec::pcmu, 88200)}));
    CHECK(refused({h264(), sound(Codec::pcma, 0)}));
    CHECK(refused({sound(Codec::pcma, 8000, {1})}));
    CHECK(refused({sound(Codec::aac, 48000)}));
    CHECK(refused({sound(Codec::opus, 0)}));
    CHECK(refused({std::make_shared<const Format>()}));
    CHECK(refused({sound(Codec::lpcm, 48000)}));
    CHECK(refused({sound(Codec::g722, 16000)}));
    CHECK(refused({sound(Codec::mjpeg, 48000)}));
}

TEST_CASE("G.711 is written as QuickTime does it, and such a file does not claim to be CMAF") {
    CHECK(cmaf::can_write(Codec::pcmu));
    CHECK_FALSE(cmaf::is_cmaf(Codec::pcmu));
    CHECK_FALSE(cmaf::is_cmaf(Codec::pcma));
    CHECK(cmaf::is_cmaf(Codec::h265));
    CHECK(cmaf::can_write(Codec::mjpeg));
    CHECK_FALSE(cmaf::is_cmaf(Codec::mjpeg));
    CHECK_FALSE(cmaf::can_write(Codec::lpcm));
    CHECK_FALSE(cmaf::is_cmaf(Codec::g722));
    const auto claims_cmaf = [](const FormatPtr& format) {
        const ByteVector init = joined(writer({format}).init_segment());
        const auto brands = boxes(init).at(0).content;
        const std::string text(brands.begin(), brands.end());
        return text.find("cmfc") != std::string::npos;
    };
    CHECK(claims_cmaf(aac()));
    CHECK_FALSE(claims_cmaf(sound(Codec::pcmu, 8000)));

    const ByteVector init =
        joined(writer({sound(Codec::pcmu, 8000), sound(Codec::pcma, 16000)}).init_segment());
    const auto entries = find_boxes(init, "moov/trak/mdia/minf/stbl/stsd");
    const auto entry = [&](std::size_t track) { return boxes(entries.at(track).content.subspan(8)).at(0); };
    CHECK(entry(0).type == "ulaw");
    CHECK(entry(0).u32(24) == 8000U << 16);
    CHECK(entry(0).content.size() == 28);
    CHECK(entry(1).type == "alaw");
    CHECK(entry(1).u32(24) == 16000U << 16);
    CHECK(find_boxes(init, "moov/trak/mdia/mdhd").at(1).u32(12) == 16000);
}

TEST_CASE("a packet of G.711 is one sample with the duration of all that is in it") {
    auto made = writer({sound(Codec::pcmu, 8000)});
    const ByteVector packet(320, 0x7F);
    const std::vector<UnitPtr> units{shared(unit(packet, 0ms, 0ms)), shared(unit(packet, 20ms, 20ms))};
    const auto bytes = fragment(made, units, 40ms);
    const Box run = find_boxes(bytes, "moof/traf/trun").at(0);
    REQUIRE(run.u32(4) == 2);
    CHECK(run.u32(12) == 160);
    CHECK(run.u32(16) == 320);
    CHECK(run.u32(20) == 160);
}

TEST_CASE("times count from the epoch, and durations are differences of rounded times") {
    auto made = writer({h264()}, 1s);
    std::vector<UnitPtr> units;
    units.reserve(7);
    const auto at = [](int frame) { return 1s + Nanoseconds(frame * 1'000'000'000LL / 30); };
    for (int i = 0; i < 7; ++i)
        units.push_back(shared(unit(i == 0 ? idr : inter, at(30 + i), at(30 + i), i == 0)));
    const ByteVector made_fragment = fragment(made, units, at(37));
    CHECK(decode_time(made_fragment) == 90000);
    std::uint32_t total = 0;
    for (const SampleEntry& sample : video_samples(made_fragment)) {
        CHECK(sample.duration == 3000);
        CHECK(sample.composition_offset == 0);
        total += sample.duration;
    }
    CHECK(total == 7 * 3000);
}

TEST_CASE("an odd frame rate does not drift over many fragments") {
    auto made = writer({h264()});
    const auto at = [](std::int64_t frame) { return Nanoseconds(frame * 1'001'000'000 / 24000 * 1000 + 7); };
    std::uint64_t expected = decode_time(fragment(made, {shared(unit(idr, at(0), at(0)))}, at(1)));
    expected += 3754;
    for (int i = 1; i < 2000; ++i) {
        const ByteVector made_fragment = fragment(made, {shared(unit(idr, at(i), at(i)))}, at(i + 1));
        if (decode_time(made_fragment) != expected) {
            FAIL("fragment " << i << " starts at " << decode_time(made_fragment) << ", not " << expected);
        }
        expected += video_samples(made_fragment)[0].duration;
    }
}

TEST_CASE("composition offsets of B-frames, negative ones too") {
    auto made = writer({h264()});
    const ByteVector made_fragment =
        fragment(made,
                 {shared(unit(idr, 1000ms, 1040ms)), shared(unit(inter, 1040ms, 1160ms, false)),
                  shared(unit(inter, 1080ms, 1080ms, false)), shared(unit(inter, 1120ms, 1100ms, false))},
                 1160ms);
    const auto samples = video_samples(made_fragment);
    REQUIRE(samples.size() == 4);
    CHECK(find_boxes(made_fragment, "moof/traf/trun").at(0).content[0] == 1);
    CHECK(samples[0].composition_offset == 3600);
    CHECK(samples[1].composition_offset == 10800);
    CHECK(samples[2].composition_offset == 0);
    CHECK(samples[3].composition_offset == -1800);
}

TEST_CASE("sample flags tell sync, dependent and disposable samples apart") {
    auto made = writer({h264()});
    AccessUnit disposable = unit(inter, 80ms, 80ms, false);
    disposable.disposable = true;
    const auto samples = video_samples(fragment(
        made, {shared(unit(idr, 0ms, 0ms)), shared(unit(inter, 40ms, 40ms, false)), shared(disposable)},
        120ms));
    REQUIRE(samples.size() == 3);
    CHECK(samples[0].flags == 0x02000000);
    CHECK(samples[1].flags == 0x01010000);
    CHECK(samples[2].flags == 0x01810000);
}

TEST_CASE("units before the epoch start at 0 and decode times still grow") {
    auto made = writer({h264()}, 1s);
    const ByteVector made_fragment =
        fragment(made,
                 {shared(unit(idr, 900ms, 900ms)), shared(unit(inter, 940ms, 980ms, false)),
                  shared(unit(inter, 1040ms, 1040ms, false))},
                 1080ms);
    const auto samples = video_samples(made_fragment);
    CHECK(decode_time(made_fragment) == 0);
    CHECK(samples[0].duration == 1);
    CHECK(samples[0].composition_offset == 0);
    CHECK(samples[1].duration == 3599);
    CHECK(samples[1].composition_offset == -1);
    CHECK(samples[2].duration == 3600);

    const ByteVector negative =
        fragment(made, {shared(unit(idr, -5s, -5s)), shared(unit(idr, -4s, -4s))}, -3s);
    CHECK(decode_time(negative) == 0);
    CHECK(video_samples(negative)[0].duration == 1);
    CHECK(video_samples(negative)[1].duration == 1);
}

TEST_CASE("a gap of days is bounded, and an end before the last unit is not believed") {
    auto made = writer({h264()});
    const auto samples =
        video_samples(fragment(made, {shared(unit(idr, 0s, 0s)), shared(unit(idr, 48h, 96h))}, 1s));
    CHECK(samples[0].duration == 0xFFFFFFFF);
    CHECK(samples[1].duration == 1);
    CHECK(samples[1].composition_offset == 0x7FFFFFFF);
}

TEST_CASE("two tracks share a moof and an mdat, and keep their offset") {
    auto made = writer({h264(), aac()}, 10s);
    const std::vector<UnitPtr> video{shared(unit(idr, 10s, 10s)),
                                     shared(unit(inter, 10040ms, 10040ms, false))};
    const std::vector<UnitPtr> audio{shared(unit({1, 2, 3}, 10500ms, 10500ms)),
                                     shared(unit({4}, 10521333333ns, 10521333333ns))};
    const std::vector<cmaf::Run> runs{{0, video, 10080ms}, {1, audio, 10542666666ns}};
    const ByteVector all = joined(made.fragment(runs));

    CHECK(decode_time(all, 0) == 0);
    CHECK(decode_time(all, 1) == 24000);
    const auto fragment_headers = find_boxes(all, "moof/traf/tfhd");
    CHECK(fragment_headers[0].u32(0) == 0x020002);
    CHECK(fragment_headers[0].u32(4) == 1);
    CHECK(fragment_headers[0].u32(8) == 1);
    CHECK(fragment_headers[1].u32(0) == 0x020022);
    CHECK(fragment_headers[1].u32(4) == 2);
    CHECK(fragment_headers[1].u32(8) == 1);
    CHECK(fragment_headers[1].u32(12) == 0x02000000);

    const auto runs_written = find_boxes(all, "moof/traf/trun");
    const std::size_t data = find_boxes(all, "mdat").at(0).position + 8;
    CHECK(runs_written[0].u32(8) == data);
    CHECK(runs_written[1].u32(8) == data + idr.size() + inter.size());
    CHECK(runs_written[1].u32(12) == 1024);
    CHECK(runs_written[1].u32(16) == 3);
    CHECK(runs_written[1].u32(20) == 1024);
    CHECK(runs_written[1].u32(24) == 1);
    const ByteVector media = media_data(all);
    CHECK(ByteVector(media.end() - 4, media.end()) == ByteVector{1, 2, 3, 4});
}

TEST_CASE("fragments count from 1") {
    auto made = writer({aac()});
    for (std::uint32_t i = 1; i <= 3; ++i) {
        CHECK(find_boxes(fragment(made, {shared(unit({1}, 1s, 1s))}, 2s), "moof/mfhd").at(0).u32(4) == i);
    }
}

TEST_CASE("in-band parameter sets and delimiters stay out of samples") {
    const ByteVector aud{0x09, 0xF0};
    const ByteVector sps{0x67, 1, 2};
    const ByteVector pps{0x68, 3};
    const ByteVector sei{0x06, 4};
    const ByteVector slice{0x65, 5, 6, 7};
    auto avc = writer({h264()});
    const ByteVector made =
        fragment(avc, {shared(unit(length_prefixed({aud, sps, sei, pps, slice, slice, aud}), 0s, 0s))}, 1s);
    CHECK(media_data(made) == length_prefixed({sei, slice, slice}));
    CHECK(video_samples(made)[0].size == media_data(made).size());

    const ByteVector vps5{0x40, 0x01, 1};
    const ByteVector sps5{0x42, 0x01, 1};
    const ByteVector pps5{0x44, 0x01, 1};
    const ByteVector aud5{0x46, 0x01, 1};
    const ByteVector sei5{0x4E, 0x01, 1};
    const ByteVector slice5{0x26, 0x01, 1};
    auto hevc = writer({h265()});
    const ByteVector made5 =
        fragment(hevc, {shared(unit(length_prefixed({aud5, vps5, sps5, pps5, sei5, slice5}), 0s, 0s))}, 1s);
    CHECK(media_data(made5) == length_prefixed({sei5, slice5}));
}

TEST_CASE("a unit with nothing left has no sample, and the one before lasts until the next") {
    auto made = writer({h264()});
    const ByteVector only_sets = length_prefixed({{0x67, 1}, {0x68, 1}});
    const ByteVector all = fragment(made,
                                    {shared(unit(idr, 0ms, 0ms)), shared(unit(only_sets, 40ms, 40ms)),
                                     shared(unit(inter, 80ms, 80ms, false))},
                                    120ms);
    const auto samples = video_samples(all);
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].duration == 7200);
    CHECK(samples[1].duration == 3600);
    CHECK(fragment(made, {shared(unit(only_sets, 160ms, 160ms))}, 200ms).empty());
    CHECK(fragment(made, {shared(unit({}, 160ms, 160ms))}, 200ms).empty());
    CHECK(made.fragment({}).empty());
    const ByteVector next = fragment(made, {shared(unit(idr, 200ms, 200ms))}, 240ms);
    CHECK(find_boxes(next, "moof/mfhd").at(0).u32(4) == 2);
}

TEST_CASE("samples share the memory of their units and give it back") {
    const ByteVector mixed = length_prefixed({{0x09, 0xF0}, {0x65, 1, 2}, {0x67, 1}, {0x65, 3}});
    const auto whole = shared(unit(idr, 0ms, 0ms));
    const auto parts = shared(unit(mixed, 40ms, 40ms));
    const MappedBuffer whole_memory(whole->buffer.get());
    const MappedBuffer parts_memory(parts->buffer.get());
    auto made = writer({h264()});
    const std::vector<UnitPtr> units{whole, parts};
    const cmaf::Run run{0, units, 80ms};
    cmaf::Chunks chunks = made.fragment({&run, 1});
    REQUIRE(chunks.size() == 4);
    const auto data = [&](std::size_t i) { return g_bytes_get_data(chunks[i].get(), nullptr); };
    CHECK(data(1) == whole_memory.bytes().data());
    CHECK(data(2) == parts_memory.bytes().data() + 6);
    CHECK(data(3) == parts_memory.bytes().data() + 6 + 7 + 6);

    CHECK(GST_MINI_OBJECT_REFCOUNT_VALUE(parts->buffer.get()) == 2);
    const Ref<GBytes> last = chunks[3];
    chunks.clear();
    CHECK(GST_MINI_OBJECT_REFCOUNT_VALUE(whole->buffer.get()) == 1);
    CHECK(GST_MINI_OBJECT_REFCOUNT_VALUE(parts->buffer.get()) == 2);
    CHECK(joined(last) == length_prefixed({{0x65, 3}}));
}

TEST_CASE("broken units give well-formed fragments of what is whole in them") {
    auto made = writer({h264()});
    ByteVector cut = length_prefixed({{0x65, 1}});
    cut.insert(cut.end(), {0, 0, 0, 9, 0x41});
    CHECK(media_data(fragment(made, {shared(unit(cut, 0s, 0s))}, 1s)) == length_prefixed({{0x65, 1}}));

    std::mt19937 random(20240103);
    for (int i = 0; i < 3000; ++i) {
        std::vector<UnitPtr> units;
        for (int n = 0; n < 4; ++n) {
            ByteVector bytes(random() % 40);
            for (std::uint8_t& byte : bytes)
                byte = static_cast<std::uint8_t>(random() % 2 == 0 ? 0 : random() % 12);
            const auto time = [&random] {
                return Nanoseconds(static_cast<std::int64_t>(random()) - 1'000'000'000);
            };
            units.push_back(shared(unit(bytes, time(), time(), random() % 2 == 0)));
        }
        const ByteVector all = fragment(made, units, Nanoseconds(random()));
        if (all.empty()) continue;
        std::size_t total = 0;
        for (const SampleEntry& sample : video_samples(all)) {
            REQUIRE(sample.size > 0);
            REQUIRE(sample.duration > 0);
            total += sample.size;
        }
        REQUIRE(total == media_data(all).size());
    }
}
