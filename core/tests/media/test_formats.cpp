#include "catch.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/formats.hpp>

#include <random>
#include <string>

using namespace rill;
using namespace rill::test;

namespace {

// What x264 and x265 make of 320x240 at 30000/1001, after GStreamer's parsers.
constexpr const char* x264_record =
    "01f4000dffe1001c67f4000d90d9b28283f602d418181900000303e90000ea608f14299601000668ebec448440";
constexpr const char* x265_record =
    "0104080000009808000000003ff000fcfffcfc00000f03200001001740010c01ffff040800000300980800000300003f959809"
    "210001002f420101040800000300980800000300003f90014101e2294b2b3492657ff80008000b50606060400000fa40001d4c02"
    "22000100074401c172b46240";

Ref<GstCaps> caps(const std::string& text) {
    return Ref<GstCaps>::adopt(gst_caps_from_string(text.c_str()));
}

Ref<GstCaps> h264_caps(const std::string& more = "") {
    return caps("video/x-h264,stream-format=avc,alignment=au,codec_data=(buffer)" + std::string(x264_record) +
                more);
}

Ref<GstCaps> aac_caps(const std::string& config, const std::string& more = "") {
    return caps("audio/mpeg,mpegversion=4,stream-format=raw,codec_data=(buffer)" + config + more);
}

Format video(Codec codec, ByteVector config) {
    Format format;
    format.codec = codec;
    format.config = std::move(config);
    return format;
}

std::string refusal(const Ref<GstCaps>& caps) {
    const auto format = format_from_caps(caps.get());
    REQUIRE_FALSE(format);
    CHECK(format.error().code == Code::not_acceptable);
    return format.error().message;
}

}  // namespace

TEST_CASE("kinds and codecs have the names of the API") {
    CHECK(to_string(Kind::video) == "video");
    CHECK(to_string(Kind::audio) == "audio");
    CHECK(to_string(Codec::h264) == "H264");
    CHECK(to_string(Codec::h265) == "H265");
    CHECK(to_string(Codec::aac) == "MPEG-4 Audio");
    CHECK(to_string(Codec::opus) == "Opus");
    CHECK(to_string(Codec::pcmu) == "G711");
    CHECK(to_string(Codec::pcma) == "G711");
    CHECK(to_string(Codec::mjpeg) == "M-JPEG");
    CHECK(to_string(Codec::g722) == "G722");
    CHECK(to_string(Codec::lpcm) == "LPCM");
    CHECK(kind_of(Codec::mjpeg) == Kind::video);
    CHECK(kind_of(Codec::lpcm) == Kind::audio);
}

TEST_CASE("H.264 caps: the parameter sets decide, the caps' frame rate is the last resort") {
    const auto format = format_from_caps(h264_caps(",width=1,height=1,profile=main,framerate=5/1").get());
    REQUIRE(format);
    CHECK(format->kind == Kind::video);
    CHECK(format->codec == Codec::h264);
    CHECK(format->config == from_hex(x264_record));
    CHECK(format->width == 320);
    CHECK(format->height == 240);
    CHECK(format->frame_rate == 30000.0 / 1001);
    CHECK(format->profile == "High 4:4:4 Predictive");
    CHECK(format->level == "1.3");
    CHECK(format->codec_string == "avc1.f4000d");

    BitWriter sps;  // 320x240 Baseline without a VUI
    sps.bits(66, 8).bits(0xC0, 8).bits(13, 8).ue({0, 0, 2, 1}).flag(false).ue({19, 14}).flags("1100");
    const ByteVector record = avcc(sps.nal({0x67}));
    const auto silent = format_from_caps(caps_from_format(video(Codec::h264, record)).get());
    REQUIRE(silent);
    CHECK(silent->frame_rate == 0);
    Format with_rate = video(Codec::h264, record);
    with_rate.frame_rate = 12.5;
    CHECK(format_from_caps(caps_from_format(with_rate).get())->frame_rate == 12.5);
}

TEST_CASE("H.265 caps") {
    const auto format = format_from_caps(
        caps("video/x-h265,stream-format=hvc1,alignment=au,codec_data=(buffer)" + std::string(x265_record))
            .get());
    REQUIRE(format);
    CHECK(format->codec == Codec::h265);
    CHECK(format->width == 320);
    CHECK(format->height == 240);
    CHECK(format->frame_rate == 30000.0 / 1001);
    CHECK(format->profile == "Range Extensions");
    CHECK(format->level == "2.1");
    CHECK(format->codec_string == "hvc1.4.10.L63.98.8");
}

TEST_CASE("AAC caps: every way to signal SBR and parametric stereo") {
    struct Case {
        const char* config;
        int sample_rate;
        int channels;
        const char* profile;
        const char* codec_string;
    };
    const Case cases[] = {
        {"1190", 48000, 2, "LC", "mp4a.40.2"},
        {"1408", 16000, 1, "LC", "mp4a.40.2"},
        {"1208", 44100, 1, "LC", "mp4a.40.2"},
        {"120856e500", 44100, 1, "LC", "mp4a.40.2"},       // backward compatible extension, SBR off
        {"131056e598", 48000, 2, "HE-AAC", "mp4a.40.5"},   // backward compatible extension, SBR to 48 kHz
        {"2b118800", 48000, 2, "HE-AAC", "mp4a.40.5"},     // hierarchical: SBR from 24 to 48 kHz
        {"eb098800", 48000, 2, "HE-AACv2", "mp4a.40.29"},  // hierarchical with parametric stereo, mono core
        {"178001f401000000", 1000, 0, "LC", "mp4a.40.2"},  // explicit rate, program config
    };
    for (const Case& each : cases) {
        INFO(each.config);
        const auto format = format_from_caps(aac_caps(each.config, ",channels=3,rate=1").get());
        REQUIRE(format);
        CHECK(format->kind == Kind::audio);
        CHECK(format->codec == Codec::aac);
        CHECK(format->sample_rate == each.sample_rate);
        CHECK(format->channels == (each.channels > 0 ? each.channels : 3));
        CHECK(format->profile == each.profile);
        CHECK(format->codec_string == each.codec_string);
    }
}

TEST_CASE("Opus and G.711 caps") {
    const auto opus =
        format_from_caps(caps("audio/x-opus,rate=16000,channels=1,channel-mapping-family=0").get());
    REQUIRE(opus);
    CHECK(opus->sample_rate == 48000);
    CHECK(opus->channels == 1);
    CHECK(opus->codec_string == "opus");
    CHECK(opus->config.empty());
    CHECK(format_from_caps(caps("audio/x-opus").get())->channels == 2);

    const auto mulaw = format_from_caps(caps("audio/x-mulaw,rate=8000,channels=1").get());
    REQUIRE(mulaw);
    CHECK(mulaw->codec == Codec::pcmu);
    CHECK(mulaw->sample_rate == 8000);
    CHECK(mulaw->codec_string.empty());
    CHECK(format_from_caps(caps("audio/x-alaw,rate=16000,channels=2").get())->codec == Codec::pcma);
}

TEST_CASE("caps of Motion JPEG, G.722 and LPCM") {
    const auto jpeg = format_from_caps(caps("image/jpeg,width=640,height=480,framerate=25/2").get());
    REQUIRE(jpeg);
    CHECK(jpeg->kind == Kind::video);
    CHECK(jpeg->codec == Codec::mjpeg);
    CHECK(jpeg->width == 640);
    CHECK(jpeg->frame_rate == 12.5);
    CHECK(jpeg->codec_string == "mp4v.6C");
    CHECK(format_from_caps(caps("image/jpeg").get())->width == 0);
    CHECK(pixel_aspect(*jpeg) == 1);

    const auto g722 = format_from_caps(caps("audio/G722,rate=16000,channels=1").get());
    REQUIRE(g722);
    CHECK(g722->codec == Codec::g722);
    CHECK(g722->sample_rate == 16000);
    const auto lpcm =
        format_from_caps(caps("audio/x-raw,format=S16BE,layout=interleaved,rate=44100,channels=2").get());
    REQUIRE(lpcm);
    CHECK(lpcm->codec == Codec::lpcm);
    CHECK(lpcm->channels == 2);
    CHECK(lpcm->codec_string.empty());
}

TEST_CASE("caps_from_format is the inverse of format_from_caps") {
    for (const auto& from :
         {h264_caps(), aac_caps("131056e598"), caps("audio/x-opus,channels=2"),
          caps("audio/x-mulaw,rate=8000,channels=1"), caps("audio/x-alaw,rate=8000,channels=1"),
          caps("audio/G722,rate=16000,channels=1"),
          caps("audio/x-raw,format=S16BE,layout=interleaved,rate=16000,channels=2"),
          caps("image/jpeg,width=64,height=48,framerate=5/1"), caps("image/jpeg,width=64,height=48")}) {
        const auto format = format_from_caps(from.get());
        REQUIRE(format);
        const auto back = caps_from_format(*format);
        REQUIRE(gst_caps_is_fixed(back.get()));
        const auto again = format_from_caps(back.get());
        REQUIRE(again);
        CHECK(*again == *format);
    }
}

TEST_CASE("what cannot be carried is refused with the caps in the message and without their binary data") {
    CHECK(refusal(Ref<GstCaps>()) == "caps are not fixed");
    refusal(caps("ANY"));
    refusal(caps("EMPTY"));
    refusal(caps("audio/x-opus,channels=[1,2]"));
    CHECK(refusal(caps("video/x-vp8,width=320")).find("video/x-vp8") != std::string::npos);
    const std::string byte_stream = refusal(caps("video/x-h264,stream-format=byte-stream,alignment=au"));
    CHECK(byte_stream.find("stream-format=avc") != std::string::npos);
    refusal(
        caps("video/x-h264,stream-format=avc,alignment=nal,codec_data=(buffer)" + std::string(x264_record)));
    refusal(caps("video/x-h264,stream-format=avc,alignment=au"));
    refusal(caps("video/x-h264,stream-format=avc,alignment=au,codec_data=text"));
    const std::string broken =
        refusal(caps("video/x-h265,stream-format=hvc1,alignment=au,codec_data=(buffer)0123"));
    CHECK(broken.find("hvcC") != std::string::npos);
    CHECK(broken.find("0123") == std::string::npos);
    refusal(caps("audio/mpeg,mpegversion=2,stream-format=raw,codec_data=(buffer)1190"));
    refusal(caps("audio/mpeg,mpegversion=4,stream-format=adts"));
    refusal(aac_caps("11"));
    refusal(aac_caps("1700"));  // reserved sampling frequency index
    refusal(aac_caps("1180"));  // program config, and the caps have no channels either
    refusal(caps("audio/x-opus,channels=6,channel-mapping-family=1"));
    refusal(caps("audio/x-opus,channels=-1"));
    refusal(caps("audio/x-mulaw,channels=1"));
    refusal(caps("audio/x-raw,format=S16LE,layout=interleaved,rate=8000,channels=1"));
    refusal(caps("audio/x-raw,format=S16BE,layout=non-interleaved,rate=8000,channels=1"));
    refusal(caps("audio/x-raw,format=S16BE,layout=interleaved,rate=8000,channels=6"));
    refusal(caps("audio/x-raw,format=S16BE,layout=interleaved,channels=1"));
    CHECK(refusal(caps("video/x-raw,format=" + std::string(5000, 'x'))).size() < 500);
}

TEST_CASE("a record larger than any codec makes is refused") {
    Format huge = video(Codec::h264, from_hex(x264_record));
    huge.config.resize((1 << 16) + 1);
    refusal(caps_from_format(huge));
}

TEST_CASE("parameter_sets: VPS, SPS, PPS in this order, whatever the order of the record") {
    const auto avc = video(Codec::h264, from_hex(x264_record));
    const auto avc_sets = parameter_sets(avc);
    REQUIRE(avc_sets.size() == 2);
    CHECK(avc_sets[0][0] == 0x67);
    CHECK(avc_sets[1].size() == 6);

    const auto hevc = video(Codec::h265, from_hex(x265_record));
    const auto hevc_sets = parameter_sets(hevc);
    REQUIRE(hevc_sets.size() == 3);
    CHECK(hevc_sets[0][0] == 0x40);
    CHECK(hevc_sets[1][0] == 0x42);
    CHECK(hevc_sets[2][0] == 0x44);

    ByteVector shuffled(hevc.config.begin(), hevc.config.begin() + 23);
    shuffled[22] = 4;
    for (const char* array :
         {"2200010003440100", "2100010003420100", "27000100034e0100", "2000010003400100"}) {
        const ByteVector bytes = from_hex(array);
        shuffled.insert(shuffled.end(), bytes.begin(), bytes.end());
    }
    const auto reordered = video(Codec::h265, shuffled);
    const auto sets = parameter_sets(reordered);
    REQUIRE(sets.size() == 3);
    CHECK(sets[0][0] == 0x40);
    CHECK(sets[1][0] == 0x42);
    CHECK(sets[2][0] == 0x44);

    CHECK(parameter_sets(video(Codec::h264, {1, 2, 3})).empty());
    CHECK(parameter_sets(video(Codec::opus, {})).empty());
}

TEST_CASE("for_each_nal gives what is whole and says when something is not") {
    std::vector<std::size_t> sizes;
    const auto collect = [&sizes](std::span<const std::uint8_t> nal) { sizes.push_back(nal.size()); };
    CHECK(for_each_nal({}, collect));
    CHECK(sizes.empty());
    ByteVector unit = length_prefixed({{9, 0xF0}, {}, {0x65, 1, 2}});
    CHECK(for_each_nal(unit, collect));
    CHECK(sizes == std::vector<std::size_t>{2, 3});

    unit.insert(unit.end(), {0, 0, 0});
    sizes.clear();
    CHECK_FALSE(for_each_nal(unit, collect));
    CHECK(sizes == std::vector<std::size_t>{2, 3});
    unit.insert(unit.end(), {9, 1, 1});
    sizes.clear();
    CHECK_FALSE(for_each_nal(unit, collect));
    CHECK(sizes == std::vector<std::size_t>{2, 3});
    CHECK_FALSE(for_each_nal(ByteVector{0xFF, 0xFF, 0xFF, 0xFF, 1}, collect));
}

TEST_CASE("disposable H.264 units: no slice has a nal_ref_idc") {
    const Format format = video(Codec::h264, from_hex(x264_record));
    CHECK(is_disposable(format, length_prefixed({{0x09, 0xF0}, {0x01, 1}, {0x01, 2}})));
    CHECK_FALSE(is_disposable(format, length_prefixed({{0x41, 1}})));
    CHECK_FALSE(is_disposable(format, length_prefixed({{0x01, 1}, {0x21, 2}})));
    CHECK_FALSE(is_disposable(format, length_prefixed({{0x65, 1}})));
    CHECK_FALSE(is_disposable(format, length_prefixed({{0x06, 1}})));
    CHECK_FALSE(is_disposable(format, {}));
    ByteVector broken = length_prefixed({{0x01, 1}});
    broken.push_back(7);
    CHECK_FALSE(is_disposable(format, broken));
}

TEST_CASE("disposable H.265 units: sub-layer non-reference in the highest temporal layer") {
    const ByteVector trail_n_layer_0{0x00, 0x01, 1};
    const ByteVector trail_r_layer_0{0x02, 0x01, 1};
    const ByteVector tsa_n_layer_1{0x04, 0x02, 1};
    const ByteVector idr{0x26, 0x01, 1};
    const Format flat = video(Codec::h265, from_hex(x265_record));
    CHECK(is_disposable(flat, length_prefixed({{0x46, 0x01, 0x10}, trail_n_layer_0})));
    CHECK_FALSE(is_disposable(flat, length_prefixed({trail_r_layer_0})));
    CHECK_FALSE(is_disposable(flat, length_prefixed({idr})));
    CHECK_FALSE(is_disposable(flat, length_prefixed({trail_n_layer_0, trail_r_layer_0})));

    Format layered = flat;
    layered.config[21] = 2 << 3 | 3;
    CHECK_FALSE(is_disposable(layered, length_prefixed({trail_n_layer_0})));
    CHECK(is_disposable(layered, length_prefixed({tsa_n_layer_1})));
    CHECK_FALSE(is_disposable(video(Codec::h265, {}), length_prefixed({trail_n_layer_0})));
    CHECK_FALSE(is_disposable(video(Codec::pcmu, {}), length_prefixed({trail_n_layer_0})));
}

TEST_CASE("random bytes as records and units never crash") {
    std::mt19937 random(20240102);
    const auto noise = [&random] {
        ByteVector bytes(random() % 64);
        for (std::uint8_t& byte : bytes)
            byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
        return bytes;
    };
    for (int i = 0; i < 20000; ++i) {
        for (const Codec codec : {Codec::h264, Codec::h265, Codec::aac}) {
            ByteVector config = noise();
            if (!config.empty() && codec != Codec::aac) config[0] = 1;
            const Format format = video(codec, config);
            static_cast<void>(format_from_caps(caps_from_format(format).get()));
            static_cast<void>(parameter_sets(format));
            static_cast<void>(is_disposable(format, noise()));
        }
    }
    SUCCEED("no crash");
}
