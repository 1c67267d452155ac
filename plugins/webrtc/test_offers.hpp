// Offers of the browsers, recvonly, shortened by payload types that add nothing.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace rill::webrtc::test {

/// Lines as one description with CRLF.
inline std::string sdp(const std::string& lines) {
    std::string text;
    for (const char c : lines) {
        if (c == '\n') text += '\r';
        text += c;
    }
    return text;
}

/// A file of tests/integration, where pictures are received with these offers.
inline std::string offer_file(const std::string& name) {
    const char* root = std::getenv("RILL_SOURCE_DIR");
    std::ifstream file(std::string(root != nullptr ? root : ".") + "/tests/integration/" + name,
                       std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Chromium 140: video, then audio, both bundled.
inline std::string chromium_offer() {
    return sdp(R"(v=0
o=- 2666581663219511850 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 107 108 109 116 117 45 46 49 50 118 119 120
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:8soJ
a=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF
a=ice-options:trickle
a=fingerprint:sha-256 F2:A3:44:43:55:A8:1E:6E:AF:C5:ED:07:1E:0F:A2:AF:DA:71:DB:9B:D4:EE:5C:67:69:29:E6:46:B3:36:9E:C3
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 transport-cc
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:107 rtx/90000
a=fmtp:107 apt=104
a=rtpmap:108 H264/90000
a=rtcp-fb:108 nack
a=rtcp-fb:108 nack pli
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
a=rtpmap:116 H264/90000
a=rtcp-fb:116 nack
a=rtcp-fb:116 nack pli
a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:117 rtx/90000
a=fmtp:117 apt=116
a=rtpmap:45 AV1/90000
a=fmtp:45 level-idx=5;profile=0;tier=0
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:49 H265/90000
a=rtcp-fb:49 nack
a=rtcp-fb:49 nack pli
a=fmtp:49 level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST
a=rtpmap:50 rtx/90000
a=fmtp:50 apt=49
a=rtpmap:118 red/90000
a=rtpmap:119 rtx/90000
a=fmtp:119 apt=118
a=rtpmap:120 ulpfec/90000
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:8soJ
a=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF
a=ice-options:trickle
a=fingerprint:sha-256 F2:A3:44:43:55:A8:1E:6E:AF:C5:ED:07:1E:0F:A2:AF:DA:71:DB:9B:D4:EE:5C:67:69:29:E6:46:B3:36:9E:C3
a=setup:actpass
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
)");
}

/// Firefox 140: the fingerprint at session level, audio first, mids of another form, trailing candidates.
inline std::string firefox_offer() {
    return offer_file("firefox-offer.sdp");
}

/// Safari 18: H.265 and H.264 High, port 0 with bundle-only for what follows the first section, a data
/// channel.
inline std::string safari_offer() {
    return offer_file("safari-offer.sdp");
}

/// `text` with the first `from` replaced.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

}  // namespace rill::webrtc::test
