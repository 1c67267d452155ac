// RTP payload against GStreamer's depayloaders, which know nothing of ours.
#include "catch.hpp"
#include "encoded_stream.hpp"

#include <rill/media/formats.hpp>
#include <rill/media/rtp.hpp>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rill;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::size_t max_payload = 500;

Bytes bytes_of(GstBuffer* buffer) {
    const MappedBuffer map(buffer);
    return {map.bytes().begin(), map.bytes().end()};
}

std::vector<Bytes> nals_of(const AccessUnit& unit) {
    std::vector<Bytes> nals;
    const MappedBuffer map(unit.buffer.get());
    for_each_nal(map.bytes(), [&nals](auto nal) { nals.emplace_back(nal.begin(), nal.end()); });
    return nals;
}

/// Splits a byte stream (Annex B) at its four-byte start codes.
std::vector<Bytes> split_byte_stream(const Bytes& stream) {
    static const Bytes code{0, 0, 0, 1};
    std::vector<Bytes> nals;
    auto at = std::search(stream.begin(), stream.end(), code.begin(), code.end());
    while (at != stream.end()) {
        const auto begin = at + 4;
        at = std::search(begin, stream.end(), code.begin(), code.end());
        nals.emplace_back(begin, at);
    }
    return nals;
}

/// What a depayloader makes of packets.
std::vector<Bytes> depayload(const std::string& description, const std::vector<Ref<GstBuffer>>& packets) {
    const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(description.c_str(), nullptr));
    REQUIRE(pipeline);
    const auto source = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    for (const auto& packet : packets)
        gst_app_src_push_buffer(GST_APP_SRC(source.get()), Ref<GstBuffer>(packet).leak());
    gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
    std::vector<Bytes> out;
    while (const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(GST_APP_SINK(sink.get()))))
        out.push_back(bytes_of(gst_sample_get_buffer(sample.get())));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return out;
}

struct Cut {
    std::vector<Ref<GstBuffer>> packets;
    std::vector<rtp::PayloadPtr> payloads;
};

Cut cut(const std::vector<UnitPtr>& units, std::size_t limit = max_payload) {
    rtp::Packetiser packetiser(limit);
    rtp::StreamHeader header{96, 0x12345678, 65530};  // wraps on the way
    Cut result;
    for (const UnitPtr& unit : units) {
        auto payload = packetiser.packetise(unit);
        REQUIRE(payload);
        for (const rtp::Slice& slice : (*payload)->slices) {
            CHECK(slice.size() <= limit);
            const auto timestamp = rtp::to_ticks(unit->pts, rtp::clock_rate(*unit->format)) + slice.ticks;
            result.packets.push_back(rtp::make_packet(header, slice, timestamp, {}));
        }
        result.payloads.push_back(*payload);
    }
    return result;
}

UnitPtr make_unit(Codec codec, const Bytes& bytes, bool keyframe = false, Bytes config = {}) {
    auto format = std::make_shared<Format>();
    format->codec = codec;
    format->kind = kind_of(codec);
    format->config = std::move(config);
    format->sample_rate = 8000;
    format->channels = 1;
    auto unit = std::make_shared<AccessUnit>();
    unit->format = std::move(format);
    unit->buffer = Ref<GstBuffer>::adopt(bytes.empty() ? gst_buffer_new()
                                                       : gst_buffer_new_memdup(bytes.data(), bytes.size()));
    unit->keyframe = keyframe;
    return unit;
}

Bytes payload_of(const rtp::Slice& slice) {
    rtp::StreamHeader header;
    const Bytes packet = bytes_of(rtp::make_packet(header, slice, 0, {}).get());
    return {packet.begin() + 12, packet.end()};
}

/// Hard to encode: units of several packets.
test::EncodedStream snow(const std::string& encoder) {
    return test::encode(
        "videotestsrc num-buffers=25 pattern=snow ! "
        "video/x-raw,width=320,height=240,framerate=25/1 ! " +
        encoder);
}

}  // namespace

TEST_CASE("what a depayloader gets out is what was in the units") {
    struct Row {
        std::string name, encoder, depayloader;
        bool (*left_out)(std::uint8_t);
    };
    const std::vector<Row> rows{
        {"H.264",
         "x264enc tune=zerolatency key-int-max=10 bitrate=3000 sliced-threads=true threads=2 aud=true ! "
         "h264parse config-interval=0 ! video/x-h264,stream-format=avc,alignment=au",
         "appsrc name=in format=time caps=\"application/x-rtp,media=video,encoding-name=H264,payload=96,"
         "clock-rate=90000\" ! rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=nal ! "
         "appsink name=out sync=false",
         [](std::uint8_t first) { return (first & 0x1F) == 9; }},
        {"H.265",
         "x265enc tune=zerolatency key-int-max=10 bitrate=3000 option-string=log-level=none ! "
         "h265parse config-interval=0 ! video/x-h265,stream-format=hvc1,alignment=au",
         "appsrc name=in format=time caps=\"application/x-rtp,media=video,encoding-name=H265,payload=96,"
         "clock-rate=90000\" ! rtph265depay ! video/x-h265,stream-format=byte-stream,alignment=nal ! "
         "appsink name=out sync=false",
         [](std::uint8_t first) { return (first >> 1 & 0x3F) == 35; }}};
    for (const Row& row : rows) {
        INFO(row.name);
        const auto stream = snow(row.encoder);
        const auto packets = cut(stream.units);
        REQUIRE(packets.packets.size() > stream.units.size() * 2);

        std::vector<Bytes> expected;
        for (const UnitPtr& unit : stream.units) {
            const auto nals = nals_of(*unit);
            if (unit->keyframe) {
                for (const auto& set : parameter_sets(*unit->format)) {
                    Bytes copy(set.begin(), set.end());
                    if (std::find(nals.begin(), nals.end(), copy) == nals.end()) expected.push_back(copy);
                }
            }
            for (const Bytes& nal : nals) {
                if (!row.left_out(nal[0])) expected.push_back(nal);
            }
        }
        std::vector<Bytes> got;
        for (const Bytes& buffer : depayload(row.depayloader, packets.packets)) {
            const auto nals = split_byte_stream(buffer);
            got.insert(got.end(), nals.begin(), nals.end());
        }
        CHECK(got.size() == expected.size());
        CHECK(got == expected);
    }
}

TEST_CASE("frames of VP8 and VP9 come out of a depayloader as they were") {
    struct Row {
        std::string name, encoder, depayloader;
    };
    const std::vector<Row> rows{
        {"VP8", "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=10 target-bitrate=1000000", "rtpvp8depay"},
        {"VP9", "vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=10 target-bitrate=1000000",
         "rtpvp9depay"}};
    for (const Row& row : rows) {
        INFO(row.name);
        const auto stream = snow(row.encoder);
        const auto packets = cut(stream.units);
        REQUIRE(packets.packets.size() > stream.units.size() * 2);
        std::vector<Bytes> expected;
        for (const UnitPtr& unit : stream.units)
            expected.push_back(bytes_of(unit->buffer.get()));
        const auto got = depayload(
            "appsrc name=in format=time caps=\"application/x-rtp,media=video,encoding-name=" + row.name +
                ",payload=96,clock-rate=90000\" ! " + row.depayloader + " ! appsink name=out sync=false",
            packets.packets);
        CHECK(got.size() == expected.size());
        CHECK(got == expected);
    }
}

TEST_CASE("the payload descriptor of VP8") {
    auto unit = std::make_shared<AccessUnit>(*make_unit(Codec::vp8, Bytes(600, 7), true));
    unit->sequence = 0x2'9234;  // its PictureID has 15 bits
    const auto result = cut({unit});
    const auto& slices = result.payloads[0]->slices;
    REQUIRE(slices.size() == 2);
    const Bytes first = payload_of(slices[0]);
    const Bytes second = payload_of(slices[1]);
    CHECK(Bytes(first.begin(), first.begin() + 4) == Bytes{0x90, 0x80, 0x92, 0x34});  // X and S; I; PictureID
    CHECK(Bytes(second.begin(), second.begin() + 4) == Bytes{0x80, 0x80, 0x92, 0x34});
    CHECK_FALSE(slices[0].marker);
    CHECK(slices[1].marker);
    CHECK(first.size() + second.size() == 600 + 8);
}

TEST_CASE("the payload descriptor of VP9") {
    auto keyframe = std::make_shared<AccessUnit>(*make_unit(Codec::vp9, Bytes(600, 7), true));
    auto format = std::make_shared<Format>(*keyframe->format);
    format->width = 0x140;
    format->height = 0xF0;
    keyframe->format = format;
    keyframe->sequence = 1;
    auto delta = std::make_shared<AccessUnit>(*make_unit(Codec::vp9, Bytes(100, 7)));
    delta->sequence = 2;
    const auto result = cut({keyframe, delta});
    const auto& slices = result.payloads[0]->slices;
    REQUIRE(slices.size() == 2);
    const Bytes first = payload_of(slices[0]);
    const Bytes second = payload_of(slices[1]);
    const Bytes only = payload_of(result.payloads[1]->slices.at(0));
    // I, B, V; PictureID; one layer with its size, one picture that refers to the one before.
    CHECK(Bytes(first.begin(), first.begin() + 11) ==
          Bytes{0x8A, 0x80, 1, 0x18, 0x01, 0x40, 0x00, 0xF0, 1, 0x04, 1});
    CHECK(Bytes(second.begin(), second.begin() + 3) == Bytes{0x84, 0x80, 1});  // I, E
    CHECK(Bytes(only.begin(), only.begin() + 3) == Bytes{0xCC, 0x80, 2});      // I, P, B, E
    CHECK(first.size() + second.size() == 600 + 11 + 3);
}

TEST_CASE("the payload shares the memory of the unit") {
    Bytes bytes{0, 0, 0x10, 0, 0x65};
    bytes.resize(4 + 0x1000, 7);
    const UnitPtr unit = make_unit(Codec::h264, bytes);
    const MappedBuffer map(unit->buffer.get());
    const auto result = cut({unit});
    REQUIRE(result.payloads[0]->slices.size() > 1);
    for (const rtp::Slice& slice : result.payloads[0]->slices) {
        GstMapInfo info;
        REQUIRE(gst_memory_map(slice.body.get(), &info, GST_MAP_READ));
        CHECK(info.data >= map.bytes().data());
        CHECK(info.data + info.size <= map.bytes().data() + map.bytes().size());
        gst_memory_unmap(slice.body.get(), &info);
    }
}

TEST_CASE("units whose buffer has several memories are cut alike") {
    Bytes bytes{0, 0, 0x08, 0, 0x65};
    bytes.resize(4 + 0x800);
    for (std::size_t at = 5; at < bytes.size(); ++at)
        bytes[at] = static_cast<std::uint8_t>(at * 31);
    const UnitPtr whole = make_unit(Codec::h264, bytes);
    auto pieces = std::make_shared<AccessUnit>(*whole);
    pieces->buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
    for (std::size_t at = 0; at < bytes.size(); at += 700) {
        const std::size_t size = std::min<std::size_t>(700, bytes.size() - at);
        auto part = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(bytes.data() + at, size));
        gst_buffer_append_memory(pieces->buffer.get(), gst_buffer_get_memory(part.get(), 0));
    }
    const auto a = cut({whole});
    const auto b = cut({pieces});
    REQUIRE(a.packets.size() == b.packets.size());
    for (std::size_t at = 0; at < a.packets.size(); ++at)
        CHECK(bytes_of(a.packets[at].get()) == bytes_of(b.packets[at].get()));
}

TEST_CASE("parameter sets go before a keyframe, once") {
    // avcC with SPS 67 01 02 03 and PPS 68 04.
    const Bytes config{1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 4, 0x67, 1, 2, 3, 1, 0, 2, 0x68, 4};
    const Bytes idr{0, 0, 0, 3, 0x65, 9, 9};

    const auto with = cut({make_unit(Codec::h264, idr, true, config)});
    REQUIRE(with.payloads[0]->slices.size() == 2);
    CHECK(payload_of(with.payloads[0]->slices[0]) ==
          Bytes{0x60 | 24, 0, 4, 0x67, 1, 2, 3, 0, 2, 0x68, 4});  // STAP-A
    CHECK(payload_of(with.payloads[0]->slices[1]) == Bytes{0x65, 9, 9});
    CHECK_FALSE(with.payloads[0]->slices[0].marker);
    CHECK(with.payloads[0]->slices[1].marker);

    Bytes in_band{0, 0, 0, 4, 0x67, 1, 2, 3, 0, 0, 0, 2, 0x68, 4};
    in_band.insert(in_band.end(), idr.begin(), idr.end());
    CHECK(cut({make_unit(Codec::h264, in_band, true, config)}).payloads[0]->slices.size() == 3);
    CHECK(cut({make_unit(Codec::h264, idr, false, config)}).payloads[0]->slices.size() == 1);

    // Too large to go together.
    CHECK(cut({make_unit(Codec::h264, idr, true, config)}, 16).payloads[0]->slices.size() == 2);
}

TEST_CASE("a broken unit is refused and says so") {
    rtp::Packetiser packetiser(max_payload);
    for (const Bytes& bytes :
         {Bytes{0, 0, 0, 9, 0x65, 1}, Bytes{0, 0}, Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x65}}) {
        const auto result = packetiser.packetise(make_unit(Codec::h264, bytes));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Code::invalid_config);
    }
    const auto empty = packetiser.packetise(make_unit(Codec::h264, {}));
    REQUIRE(empty);
    CHECK((*empty)->slices.empty());
    const auto aac = packetiser.packetise(make_unit(Codec::aac, {1, 2, 3}));
    REQUIRE_FALSE(aac);
    CHECK(aac.error().code == Code::not_acceptable);
}

TEST_CASE("Opus is one packet a unit, G.711 is cut with its time") {
    const auto opus = test::encode(
        "audiotestsrc num-buffers=10 samplesperbuffer=960 ! "
        "audio/x-raw,rate=48000,channels=2 ! opusenc ! opusparse ! audio/x-opus");
    const auto packets = cut(opus.units, 1200);
    CHECK(packets.packets.size() == opus.units.size());
    const auto got = depayload(
        "appsrc name=in format=time caps=\"application/x-rtp,media=audio,encoding-name=OPUS,"
        "payload=96,clock-rate=48000\" ! rtpopusdepay ! appsink name=out sync=false",
        packets.packets);
    REQUIRE(got.size() == opus.units.size());
    for (std::size_t at = 0; at < got.size(); ++at)
        CHECK(got[at] == bytes_of(opus.units[at]->buffer.get()));

    const auto samples = cut({make_unit(Codec::pcmu, Bytes(1024, 0xFF), true)}, 480);
    REQUIRE(samples.payloads[0]->slices.size() == 3);
    CHECK(samples.payloads[0]->slices[1].ticks == 480);
    CHECK(samples.payloads[0]->slices[2].ticks == 960);
    CHECK(samples.payloads[0]->slices[2].size() == 64);
}

TEST_CASE("RTP headers") {
    rtp::StreamHeader stream{111, 0xAABBCCDD, 0xFFFF};
    rtp::Slice slice;
    slice.marker = true;
    slice.head = {1, 2, 3};
    slice.head_size = 3;
    const Bytes plain = bytes_of(rtp::make_packet(stream, slice, 0x01020304, {}).get());
    CHECK(plain == Bytes{0x80, 0x80 | 111, 0xFF, 0xFF, 1, 2, 3, 4, 0xAA, 0xBB, 0xCC, 0xDD, 1, 2, 3});
    CHECK(stream.sequence == 0);

    const Bytes element{0x52, 0, 0, 0, 0x10};
    const Bytes extended = bytes_of(rtp::make_packet(stream, slice, 0, element).get());
    CHECK(extended == Bytes{0x90, 0x80 | 111, 0,    0, 0, 0, 0,    0, 0xAA, 0xBB, 0xCC, 0xDD, 0xBE, 0xDE,
                            0,    2,          0x52, 0, 0, 0, 0x10, 0, 0,    0,    1,    2,    3});
}

TEST_CASE("time in ticks") {
    using namespace std::chrono_literals;
    CHECK(rtp::to_ticks(1s, 90'000) == 90'000);
    CHECK(rtp::to_ticks(33'333'333ns, 90'000) == 3000);
    CHECK(rtp::to_ticks(Nanoseconds(0), 48'000) == 0);
    // A year later nothing overflows, and the difference of two times is exact.
    const Nanoseconds year = 24h * 365;
    CHECK(rtp::to_ticks(year + 40ms, 90'000) - rtp::to_ticks(year, 90'000) == 3600);
}
