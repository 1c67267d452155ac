#include "catch.hpp"
#include "codec_choice.hpp"
#include "description.hpp"
#include "test_offers.hpp"

#include <algorithm>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

namespace {

Track track(std::size_t index, Codec codec, std::vector<std::uint8_t> config = {}) {
    auto format = std::make_shared<Format>();
    format->codec = codec;
    format->kind = codec == Codec::h264 || codec == Codec::h265 ? Kind::video : Kind::audio;
    format->config = std::move(config);
    format->sample_rate = codec == Codec::opus ? 48'000 : 8'000;
    format->channels = codec == Codec::opus ? 2 : 1;
    return {index, std::move(format)};
}

Track h264(std::uint8_t profile, std::uint8_t constraints, std::uint8_t level) {
    return track(0, Codec::h264, {1, profile, constraints, level, 0xFF});
}

/// hvcC up to the level: profile space, tier and profile in byte 1, the level in byte 12.
Track h265(std::uint8_t tier_and_profile, std::uint8_t level) {
    std::vector<std::uint8_t> config(23);
    config[0] = 1;
    config[1] = tier_and_profile;
    config[12] = level;
    return track(0, Codec::h265, std::move(config));
}

unsigned chosen(const std::string& text, const Track& video) {
    const auto offer = parse_offer(text);
    REQUIRE(offer);
    const auto selection = choose_codecs(*offer, std::vector<Track>{video});
    return selection ? selection->choices.front().codec.payload_type : 0;
}

}  // namespace

TEST_CASE("the payload type of the camera's own profile is preferred, and any that decodes it will do") {
    CHECK(chosen(chromium_offer(), h264(66, 0xC0, 31)) == 108);   // constrained baseline
    CHECK(chosen(chromium_offer(), h264(66, 0x00, 31)) == 102);   // baseline
    CHECK(chosen(chromium_offer(), h264(77, 0x00, 40)) == 116);   // main
    CHECK(chosen(chromium_offer(), h264(100, 0x00, 40)) == 116);  // high: the nearest below
    CHECK(chosen(safari_offer(), h264(100, 0x00, 40)) == 96);
    CHECK(chosen(safari_offer(), h264(77, 0x00, 40)) == 96);
    CHECK(chosen(firefox_offer(), h264(100, 0x00, 51)) == 105);  // baseline, the nearest
    CHECK(chosen(chromium_offer(), h264(110, 0x00, 40)) == 0);   // High 10
    CHECK(chosen(chromium_offer(), track(0, Codec::h264)) != 0);
}

TEST_CASE("H.265 by profile and tier") {
    CHECK(chosen(chromium_offer(), h265(1, 120)) == 49);
    CHECK(chosen(chromium_offer(), h265(2, 120)) == 0);         // Main 10
    CHECK(chosen(chromium_offer(), h265(0x20 | 1, 120)) == 0);  // high tier
    CHECK(chosen(safari_offer(), h265(1, 120)) == 100);         // the level is a preference
    CHECK(chosen(firefox_offer(), h265(1, 120)) == 0);
}

TEST_CASE("a codec that the viewer only sends does not count") {
    std::string text = with(chromium_offer(), "a=recvonly", "a=sendonly");
    CHECK(chosen(text, h264(66, 0xC0, 31)) == 0);
    // Nor does one that is only mentioned.
    text = with(firefox_offer(), "t=0 0", "t=0 0\r\na=tool:H265/90000 HEVC");
    CHECK(chosen(text, h265(1, 93)) == 0);
}

TEST_CASE("a track that the viewer cannot take is left out, the other one plays") {
    const auto offer = parse_offer(chromium_offer());
    REQUIRE(offer);
    const std::vector<Track> tracks{h264(66, 0xC0, 31), track(1, Codec::aac)};
    const auto selection = choose_codecs(*offer, tracks);
    REQUIRE(selection);
    CHECK(selection->choices.size() == 1);
    REQUIRE(selection->left_out.size() == 1);
    CHECK(selection->left_out[0].find("MPEG-4 Audio") != std::string::npos);

    const std::vector<Track> g711{h265(2, 93), track(1, Codec::pcma)};
    const auto sound_only = choose_codecs(*offer, g711);
    REQUIRE(sound_only);
    CHECK(sound_only->choices[0].codec.payload_type == 8);
    CHECK(sound_only->choices[0].track.index == 1);
}

namespace {

/// Makes whatever it is asked for, or refuses.
struct Renderer {
    std::optional<Error> refusal;
    std::vector<Rendition> asked;

    Preferences preferences(int max_height = 0, std::set<std::size_t> out_of_order = {}) {
        return {render(), max_height, std::move(out_of_order)};
    }
    Render render() {
        return [this](const Track& track, const Rendition& rendition) -> Result<Track> {
            asked.push_back(rendition);
            if (refusal) return *refusal;
            return Track{track.index,
                         std::make_shared<const Format>(rendered_format(*track.format, rendition)),
                         rendition};
        };
    }
};

Track h264_of(int width, int height) {
    auto video = h264(66, 0xC0, 31);
    auto format = std::make_shared<Format>(*video.format);
    format->width = width;
    format->height = height;
    video.format = std::move(format);
    return video;
}

}  // namespace

TEST_CASE("what a browser takes it gets as it is, and of the rest what every browser takes") {
    struct Browser {
        std::string offer;
        unsigned h264, opus;
        bool takes_h265;
    };
    for (const auto& [text, h264_type, opus_type, takes_h265] :
         {Browser{chromium_offer(), 108, 111, true}, Browser{firefox_offer(), 126, 109, false},
          Browser{safari_offer(), 98, 111, true}}) {
        const auto offer = parse_offer(text);
        REQUIRE(offer);
        Renderer renderer;
        const std::vector<Track> tracks{h265(1, 93), track(1, Codec::aac)};
        const auto selection = choose_codecs(*offer, tracks, renderer.preferences());
        REQUIRE(selection);
        CHECK(selection->left_out.empty());
        REQUIRE(selection->choices.size() == 2);
        const bool video_first = selection->choices[0].track.format->kind == Kind::video;
        const Choice& video = selection->choices[video_first ? 0 : 1];
        const Choice& audio = selection->choices[video_first ? 1 : 0];
        CHECK(audio.track.rendition == Rendition{.codec = Codec::opus});
        CHECK(audio.codec.payload_type == opus_type);
        CHECK(video.track.rendition.has_value() != takes_h265);
        if (!takes_h265) CHECK(video.codec.payload_type == h264_type);
        CHECK(recordings_refused(*selection).has_value() != takes_h265);

        // High 10 is H.264, and yet no browser's.
        const auto deep = choose_codecs(*offer, std::vector<Track>{h264(110, 0, 40)}, renderer.preferences());
        REQUIRE(deep);
        CHECK(deep->choices[0].track.rendition == Rendition{.codec = Codec::h264});
        CHECK(deep->choices[0].codec.payload_type == h264_type);
        // G.711 and Opus pass.
        const std::size_t asked = renderer.asked.size();
        CHECK(choose_codecs(*offer, std::vector<Track>{track(1, Codec::pcma)}, renderer.preferences()));
        CHECK(choose_codecs(*offer, std::vector<Track>{track(1, Codec::opus)}, renderer.preferences()));
        CHECK(renderer.asked.size() == asked);
    }
}

TEST_CASE("a picture that is too high becomes a smaller one, where one can be made") {
    const auto offer = parse_offer(chromium_offer());
    REQUIRE(offer);
    Renderer renderer;
    const std::vector<Track> large{h264_of(1920, 1080)};
    const auto small = choose_codecs(*offer, large, renderer.preferences(480));
    REQUIRE(small);
    CHECK(small->choices[0].track.rendition == Rendition{.codec = Codec::h264, .max_height = 480});
    CHECK(small->choices[0].track.format->height == 480);
    CHECK_FALSE(choose_codecs(*offer, large, renderer.preferences(1080))->choices[0].track.rendition);
    renderer.refusal = Error{Code::too_many, "enough (maxTranscodes)"};
    CHECK_FALSE(choose_codecs(*offer, large, renderer.preferences(480))->choices[0].track.rendition);
    CHECK_FALSE(
        choose_codecs(*offer, large, {.max_height = 480, .out_of_order = {}})->choices[0].track.rendition);
}

TEST_CASE("a picture that cannot be made is why there is no session; sound is only left out") {
    const auto offer = parse_offer(firefox_offer());
    REQUIRE(offer);
    Renderer renderer;
    renderer.refusal = Error{Code::too_many, "enough (maxTranscodes)"};
    const std::vector<Track> tracks{h265(1, 93), track(1, Codec::opus)};
    const auto refused = choose_codecs(*offer, tracks, renderer.preferences());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::too_many);
    CHECK(refused.error().message.find("maxTranscodes") != std::string::npos);
    const std::vector<Track> silent{h264(66, 0xC0, 31), track(1, Codec::aac)};
    const auto selection = choose_codecs(*offer, silent, renderer.preferences());
    REQUIRE(selection);
    REQUIRE(selection->left_out.size() == 1);
    CHECK(selection->left_out[0].find("maxTranscodes") != std::string::npos);
    CHECK_FALSE(recordings_refused(*selection));
}

TEST_CASE("a picture that cannot be shown in order is made anew, where that can be") {
    const auto offer = parse_offer(chromium_offer());
    REQUIRE(offer);
    Renderer renderer;
    const std::vector<Track> tracks{h264(77, 0, 31)};
    const auto made = choose_codecs(*offer, tracks, renderer.preferences(0, {0}));
    REQUIRE(made);
    CHECK(made->choices[0].track.rendition == Rendition{.codec = Codec::h264});
    CHECK_FALSE(choose_codecs(*offer, tracks, renderer.preferences(0, {1}))->choices[0].track.rendition);
    renderer.refusal = Error{Code::unavailable, "no encoder"};
    CHECK_FALSE(choose_codecs(*offer, tracks, renderer.preferences(0, {0}))->choices[0].track.rendition);
}

TEST_CASE("a viewer that takes nothing that could be made is not asked for renditions") {
    std::string text = with(firefox_offer(), "opus/", "opux/");
    for (const char* codec : {" H264/", " VP8/", " VP9/"}) {
        while (text.find(codec) != std::string::npos)
            text = with(text, codec, " X-none/");
    }
    const auto offer = parse_offer(text);
    REQUIRE(offer);
    Renderer renderer;
    const std::vector<Track> tracks{h265(1, 93), track(1, Codec::aac)};
    CHECK(choose_codecs(*offer, tracks, renderer.preferences()).error().code == Code::not_acceptable);
    CHECK(renderer.asked.empty());
}

TEST_CASE("a picture is made in the codec that is configured, or else in the first that the viewer offers") {
    struct Row {
        std::string offer;
        Codec configured, made;
        unsigned payload_type;
    };
    const auto neither_h264_nor_vp8 =
        sdp("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=video 9 UDP/TLS/RTP/SAVPF 35 98\nc=IN IP4 0.0.0.0\n"
            "a=ice-ufrag:8soJ\na=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF\na=setup:actpass\n"
            "a=fingerprint:sha-256 "
            "F2:A3:44:43:55:A8:1E:6E:AF:C5:ED:07:1E:0F:A2:AF:DA:71:DB:9B:D4:EE:5C:67:69:29:E6:"
            "46:B3:36:9E:C3\n"
            "a=mid:0\na=recvonly\na=rtcp-mux\n"
            "a=rtpmap:35 VP9/90000\na=fmtp:35 profile-id=1\na=rtpmap:98 VP9/90000\n");
    for (const Row& row :
         {Row{chromium_offer(), Codec::h264, Codec::h264, 108},
          Row{chromium_offer(), Codec::vp8, Codec::vp8, 96},
          Row{chromium_offer(), Codec::vp9, Codec::h264, 108},
          Row{firefox_offer(), Codec::vp8, Codec::vp8, 120}, Row{safari_offer(), Codec::vp8, Codec::vp8, 103},
          Row{neither_h264_nor_vp8, Codec::h264, Codec::vp9, 98}}) {
        const auto offer = parse_offer(row.offer);
        INFO((offer ? "" : offer.error().message));
        REQUIRE(offer);
        Renderer renderer;
        auto preferences = renderer.preferences(480);
        preferences.transcode_to = row.configured;
        const auto selection = choose_codecs(*offer, std::vector<Track>{h264_of(1920, 1080)}, preferences);
        REQUIRE(selection);
        const Rendition expected{.codec = row.made, .max_height = 480};
        CHECK(selection->choices[0].track.rendition == expected);
        CHECK(selection->choices[0].codec.payload_type == row.payload_type);
        CHECK(recordings_refused(*selection));
    }
}

TEST_CASE("nothing in common is said in full") {
    const auto offer = parse_offer(firefox_offer());
    REQUIRE(offer);
    const std::vector<Track> tracks{h265(1, 93), track(1, Codec::aac)};
    const auto selection = choose_codecs(*offer, tracks);
    REQUIRE_FALSE(selection);
    CHECK(selection.error().code == Code::not_acceptable);
    for (const char* word : {"H265", "MPEG-4 Audio", "VP8", "H264", "OPUS"})
        CHECK(selection.error().message.find(word) != std::string::npos);
    CHECK_FALSE(choose_codecs(*offer, std::vector<Track>{}));
}

TEST_CASE("without BUNDLE the picture is served") {
    const auto offer = parse_offer(with(firefox_offer(), "a=group:BUNDLE 0 1\r\n", ""));
    REQUIRE(offer);
    const std::vector<Track> tracks{h264(66, 0xC0, 31), track(1, Codec::opus)};
    const auto selection = choose_codecs(*offer, tracks);
    REQUIRE(selection);
    REQUIRE(selection->choices.size() == 1);
    CHECK(selection->choices[0].section == 1);
}

TEST_CASE("the transport sees only what was chosen") {
    auto text = with(chromium_offer(), "a=mid:0", "a=mid:0\r\na=x-evil:1\r\na=ssrc:1 cname:x");
    text = with(text, "m=audio", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:9\r\nm=audio");
    const auto offer = parse_offer(text);
    REQUIRE(offer);
    const std::vector<Track> tracks{h264(77, 0, 31), track(1, Codec::opus)};
    const auto selection = choose_codecs(*offer, tracks);
    REQUIRE(selection);
    const std::string ours = offer_for_transport(*offer, selection->choices);
    CHECK(ours.find("evil") == std::string::npos);
    CHECK(ours.find("VP8") == std::string::npos);
    CHECK(ours.find("application") == std::string::npos);
    CHECK(ours.find("m=video 9 UDP/TLS/RTP/SAVPF 116 117\r\n") != std::string::npos);
    CHECK(ours.find("a=group:BUNDLE 0 1\r\n") != std::string::npos);
    CHECK(parse_offer(ours));
}

TEST_CASE("candidates count that a viewer states in a section which is not chosen") {
    const std::string candidate = "a=candidate:7 1 UDP 2122252543 192.0.2.9 51234 typ host\r\n";
    const auto offer = parse_offer(with(firefox_offer(), "a=mid:0\r\n", "a=mid:0\r\n" + candidate));
    REQUIRE(offer);
    const auto selection = choose_codecs(*offer, std::vector<Track>{h264(66, 0xC0, 31)});
    REQUIRE(selection);
    REQUIRE(selection->choices.front().section == 1);
    CHECK(offer_for_transport(*offer, selection->choices).find(candidate) != std::string::npos);
}

TEST_CASE("the answer has a section for each one of the offer") {
    const auto offer = parse_offer(firefox_offer());
    REQUIRE(offer);
    const auto selection = choose_codecs(*offer, std::vector<Track>{h264(66, 0xC0, 31)});
    REQUIRE(selection);
    const std::string transport =
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 1\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 126 127\r\na=mid:1\r\na=sendonly\r\n"
        "a=fmtp:126 packetization-mode=1\r\na=candidate:5 1 UDP 1 192.0.2.1 1 typ host\r\n";
    const std::vector<std::string> candidates{"candidate:1 1 UDP 2015363327 192.0.2.2 53942 typ host"};
    const std::string answer = answer_for_viewer(*offer, selection->choices, transport, {false, candidates});
    const std::size_t audio = answer.find("m=audio 0 UDP/TLS/RTP/SAVPF 109");
    const std::size_t video = answer.find("m=video 9");
    REQUIRE(audio != std::string::npos);
    REQUIRE(video != std::string::npos);
    CHECK(audio < video);
    CHECK(answer.find("a=mid:0") < video);
    CHECK(answer.find("a=group:BUNDLE 1\r\n") != std::string::npos);
    CHECK(answer.find("a=" + candidates[0]) > video);
    CHECK(answer.find("candidate:5") == std::string::npos);
    CHECK(answer.find(
              "a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1\r\n") !=
          std::string::npos);
    CHECK(answer.find("a=fmtp:126 packetization-mode=1\r\n") == std::string::npos);
}

TEST_CASE("additional hosts have the ports of the sockets") {
    const std::vector<std::string> candidates{
        "candidate:1 1 UDP 2015363327 10.0.0.2 5000 typ host",
        "candidate:2 1 UDP 2015363583 10.0.0.3 5001 typ host",
        "candidate:3 1 UDP 1677721855 198.51.100.1 6000 typ srflx raddr 10.0.0.2 rport 5000"};
    const std::vector<std::string> hosts{"203.0.113.9"};
    const auto more = additional_candidates(candidates, hosts);
    REQUIRE(more.size() == 2);
    CHECK(more[0].find(" 203.0.113.9 5000 typ host") != std::string::npos);
    CHECK(more[1].find(" 203.0.113.9 5001 typ host") != std::string::npos);
    CHECK(std::all_of(more.begin(), more.end(), is_candidate));
    const std::vector<std::string> tcp{"candidate:4 1 TCP 1526726655 10.0.0.2 8189 typ host tcptype passive"};
    CHECK(
        additional_candidates(tcp, hosts) ==
        std::vector<std::string>{"candidate:900 1 TCP 1526726655 203.0.113.9 8189 typ host tcptype passive"});
    CHECK_FALSE(has_numeric_address("candidate:0 1 UDP 1 0b6d5cf2.local 51234 typ host"));
    CHECK(has_numeric_address(candidates[0]));
}
