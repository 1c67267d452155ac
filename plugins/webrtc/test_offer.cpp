#include "catch.hpp"
#include "offer.hpp"
#include "test_offers.hpp"

#include <random>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

namespace {

const OfferedCodec* find(const OfferedMedia& media, unsigned payload_type) {
    for (const OfferedCodec& codec : media.codecs) {
        if (codec.payload_type == payload_type) return &codec;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("Chromium's offer") {
    const auto offer = parse_offer(chromium_offer());
    REQUIRE(offer);
    REQUIRE(offer->media.size() == 2);
    CHECK(offer->bundle == std::vector<std::string>{"0", "1"});

    const OfferedMedia& video = offer->media[0];
    CHECK(video.kind == "video");
    CHECK(video.mid == "0");
    CHECK(video.usable);
    CHECK(video.receives);
    CHECK(video.bundled);
    CHECK(video.transport.ufrag == "8soJ");
    CHECK(video.transport.setup == "actpass");
    CHECK(video.transport.fingerprint_hash == "sha-256");
    REQUIRE(video.extensions.size() == 4);
    CHECK(video.extensions[2].id == 5);
    // VP8, four H264, AV1, H265; neither RTX nor RED nor FEC.
    CHECK(video.codecs.size() == 7);
    const OfferedCodec* h264 = find(video, 102);
    REQUIRE(h264 != nullptr);
    CHECK(h264->name == "H264");
    CHECK(h264->rtx == 103);
    CHECK(h264->nack);
    CHECK(h264->pli);
    CHECK(h264->fir);
    CHECK(h264->parameter("packetization-mode", "0") == "1");
    CHECK_FALSE(find(video, 104)->nack);

    const OfferedMedia& audio = offer->media[1];
    REQUIRE(find(audio, 111) != nullptr);
    CHECK(find(audio, 111)->name == "OPUS");
    CHECK(find(audio, 111)->channels == 2);
    CHECK(find(audio, 0)->name == "PCMU");
}

TEST_CASE("Firefox's offer: what the session says holds for its sections") {
    const auto offer = parse_offer(firefox_offer());
    REQUIRE(offer);
    REQUIRE(offer->media.size() == 2);
    const OfferedMedia& video = offer->media[1];
    CHECK(video.transport.fingerprint_value.starts_with("9A:5B:"));
    CHECK(video.transport.complete());
    CHECK(find(video, 126)->rtx == 127);
    CHECK(offer->media[0].candidates.size() == 2);
    CHECK(offer->media[0].extensions[1].id == 2);  // "2/recvonly"
}

TEST_CASE("Safari's offer: bundle-only sections are usable, the data channel is not") {
    const auto offer = parse_offer(safari_offer());
    REQUIRE(offer);
    REQUIRE(offer->media.size() == 3);
    CHECK(offer->media[1].usable);
    CHECK_FALSE(offer->media[2].usable);
    CHECK(offer->media[2].formats == "webrtc-datachannel");
}

TEST_CASE("lines may end in LF alone") {
    std::string text = chromium_offer();
    std::erase(text, '\r');
    CHECK(parse_offer(text));
}

TEST_CASE("directions") {
    const auto receives = [](const std::string& text) { return (*parse_offer(text)).media[0].receives; };
    CHECK(receives(with(chromium_offer(), "a=recvonly", "a=sendrecv")));
    CHECK(receives(with(chromium_offer(), "a=recvonly\r\n", "")));
    CHECK_FALSE(receives(with(chromium_offer(), "a=recvonly", "a=sendonly")));
    CHECK_FALSE(receives(with(chromium_offer(), "a=recvonly", "a=inactive")));
    CHECK_FALSE(receives(with(with(chromium_offer(), "a=recvonly\r\n", ""), "t=0 0", "t=0 0\r\na=sendonly")));
}

TEST_CASE("sections that cannot be used are no error") {
    const auto usable = [](const std::string& text) { return (*parse_offer(text)).media[0].usable; };
    CHECK_FALSE(usable(with(chromium_offer(), "a=rtcp-mux\r\n", "")));
    CHECK_FALSE(usable(with(chromium_offer(), "m=video 9", "m=video 0")));
    CHECK_FALSE(usable(with(chromium_offer(), "m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP")));
}

TEST_CASE("a malformed offer is refused with what is wrong") {
    struct Row {
        std::string from, to, message;
    };
    const std::vector<Row> rows{
        {"v=0", "v=1", "v=0"},
        {"a=ice-ufrag:8soJ", "a=ice-ufrag:8so", "ice-ufrag"},
        {"a=ice-ufrag:8soJ", "a=ice-ufrag:" + std::string(257, 'a'), "ice-ufrag"},
        {"a=ice-ufrag:8soJ", "a=ice-ufrag:8s J", "ice-ufrag"},
        {"a=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF", "a=ice-pwd:short", "ice-pwd"},
        {"a=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF", "a=x-pwd:none", "lacks"},
        {"F2:A3", "F2-A3", "fingerprint"},
        {"sha-256", "md5", "fingerprint"},
        {"a=setup:actpass", "a=setup:maybe", "setup"},
        {"a=mid:0", "a=mid:1", "mid"},
        {"a=mid:0", "a=mid:a b", "mid"},
        {"BUNDLE 0 1", "BUNDLE 0 7", "BUNDLE"},
        {"m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF 300", "payload type"},
        {"m=video 9 UDP", "m=video x UDP", "m= line"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/x", "rtpmap"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:9999999999 VP8/90000", "rtpmap"},
        {"a=fmtp:97 apt=96", "a=fmtp:x apt=96", "fmtp"},
        {"a=extmap:1 ", "a=extmap:0 ", "extmap"},
        {"s=-", "nonsense", "x=value"},
        {"s=-", std::string("s=\x01"), "x=value"},
    };
    for (const Row& row : rows) {
        INFO(row.from << " -> " << row.to.substr(0, 40));
        const auto offer = parse_offer(with(chromium_offer(), row.from, row.to));
        REQUIRE_FALSE(offer);
        CHECK(offer.error().code == Code::invalid_config);
        CHECK(offer.error().message.find(row.message) != std::string::npos);
    }
    CHECK_FALSE(parse_offer(""));
    CHECK_FALSE(parse_offer("v=0\r\n"));
    CHECK_FALSE(parse_offer(with(firefox_offer(), "0b6d5cf2-5f5a-4c5b-a1f1-1c6f3b6a7d3e.local", "a;b")));
}

TEST_CASE("an offer is bounded in all that it can hold") {
    const auto repeated = [](const std::string& line, int times) {
        std::string text = chromium_offer();
        for (int at = 0; at < times; ++at)
            text += line;
        return text;
    };
    CHECK_FALSE(parse_offer(repeated("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", 15)));
    CHECK_FALSE(parse_offer(repeated("a=extmap:3 urn:x\r\n", 65)));
    CHECK_FALSE(parse_offer(repeated("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 129)));
    CHECK_FALSE(parse_offer(repeated("a=x\r\n", 2049)));
    CHECK_FALSE(parse_offer(repeated("a=" + std::string(1000, 'x') + "\r\n", 70)));
}

TEST_CASE("candidates and fragments") {
    CHECK(is_candidate("candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host"));
    CHECK(
        is_candidate("candidate:842163049 1 udp 1677729535 2001:db8::1 40000 typ srflx raddr 0.0.0.0 rport 0 "
                     "generation 0 ufrag 8soJ network-cost 999"));
    for (const char* broken :
         {"", "candidate:", "candidate:1 1 udp x 192.0.2.1 50000 typ host",
          "candidate:1 1 udp 1 192.0.2.1 70000 typ host", "candidate:1 1 udp 1 a/b 50000 typ host",
          "candidate:1 0 udp 1 192.0.2.1 50000 typ host", "candidate:1 1 udp 1 192.0.2.1 50000 host"})
        CHECK_FALSE(is_candidate(broken));

    const auto fragment = parse_fragment(
        "a=ice-ufrag:8soJ\r\na=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF\r\n"
        "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host\r\n"
        "a=end-of-candidates\r\n");
    REQUIRE(fragment);
    CHECK(fragment->ufrag == "8soJ");
    CHECK(fragment->candidates.size() == 1);
    CHECK_FALSE(parse_fragment("a=ice-ufrag:x\r\n"));
    CHECK_FALSE(parse_fragment("what"));
}

TEST_CASE("ten thousand mutated offers") {
    std::mt19937 random(20260108);
    const std::vector<std::string> seeds{chromium_offer(), firefox_offer(), safari_offer()};
    const std::string bytes = "0123456789abcXYZ:/=; \r\n\t\"-+*%.,\x7F\xFF";
    unsigned parsed = 0;
    for (int round = 0; round < 10'000; ++round) {
        std::string text = seeds[random() % seeds.size()];
        const unsigned changes = 1 + random() % 8;
        for (unsigned change = 0; change < changes; ++change) {
            const std::size_t at = random() % text.size();
            const std::size_t length = std::min<std::size_t>(random() % 64, text.size() - at);
            switch (random() % 6) {
                case 0:
                    text[at] = bytes[random() % bytes.size()];
                    break;
                case 1:
                    text.erase(at, length);
                    break;
                case 2:
                    text.insert(at, text.substr(random() % text.size(), length));
                    break;
                case 3:
                    text.insert(at, std::string(random() % 300, bytes[random() % bytes.size()]));
                    break;
                case 4:
                    text[at] = static_cast<char>(random());
                    break;
                default:
                    text.resize(at + 1);
                    break;
            }
            if (text.empty()) text = "v";
        }
        const auto offer = parse_offer(text);
        if (!offer) {
            REQUIRE_FALSE(offer.error().message.empty());
            continue;
        }
        ++parsed;
        REQUIRE(offer->media.size() <= 16);
    }
    // Mutations that matter and mutations that do not: both must have been there.
    CHECK(parsed > 100);
    CHECK(parsed < 9900);
}
