// A viewer's SDP offer (RFC 8866, JSEP RFC 9429), read and checked before any other part sees a byte of it.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::webrtc {

/// One payload type with its rtpmap, fmtp and rtcp-fb lines.
struct OfferedCodec {
    std::uint8_t payload_type = 0;
    std::string name;  ///< upper case: "H264"
    std::uint32_t clock_rate = 0;
    unsigned channels = 1;
    std::string parameters;                            ///< the fmtp line's parameters as they came
    std::map<std::string, std::string> parameter_map;  ///< the same, names in lower case
    bool nack = false, pli = false, fir = false;       ///< feedback that the viewer sends
    std::optional<std::uint8_t> rtx;                   ///< the payload type of its retransmissions (RFC 4588)

    /// The parameter's value, or `fallback`.
    std::string parameter(const std::string& name, std::string_view fallback) const;
};

struct HeaderExtension {
    unsigned id = 0;  ///< 1 … 14: only the one-byte form is used
    std::string uri;
};

/// What is needed to reach the viewer and to know that it is the one (RFC 8839, RFC 8842).
struct TransportParameters {
    std::string ufrag, password;
    std::string fingerprint_hash;   ///< "sha-256"
    std::string fingerprint_value;  ///< "AB:CD:…" in upper case
    std::string setup;              ///< "actpass", "active", "passive"

    bool complete() const { return !ufrag.empty() && !password.empty() && !fingerprint_value.empty(); }
};

/// One m= section.
struct OfferedMedia {
    std::string kind;      ///< "video", "audio", "application" …
    std::string protocol;  ///< "UDP/TLS/RTP/SAVPF"
    std::string formats;   ///< as they came, to echo them when the section is rejected
    std::string mid;
    bool usable = false;   ///< RTP over DTLS with rtcp-mux, offered and not switched off
    bool receives = true;  ///< the viewer takes media: recvonly or sendrecv
    bool bundled = false;  ///< part of the BUNDLE group
    std::vector<OfferedCodec>
        codecs;  ///< in the viewer's order of preference; RTX, RED and FEC are not among them
    std::vector<HeaderExtension> extensions;
    TransportParameters transport;        ///< of this section, or of the session where the section has none
    std::vector<std::string> candidates;  ///< "candidate:…" lines (RFC 8839 §5.1)
};

struct Offer {
    std::vector<OfferedMedia> media;
    std::vector<std::string> bundle;  ///< mids in order; empty: no BUNDLE group (RFC 9143)
    bool ice_lite = false;
};

/// Error: invalid_config, naming the line or the section and what is wrong with it. Bounded in every number
/// it can hold.
Result<Offer> parse_offer(std::string_view text);

/// What a PATCH of a WHEP session brings (application/trickle-ice-sdpfrag, RFC 8840 §9).
struct CandidateFragment {
    std::string ufrag, password;
    std::vector<std::string> candidates;
};
Result<CandidateFragment> parse_fragment(std::string_view text);

/// Whether `candidate` is a candidate attribute of RFC 8839 §5.1: "candidate:1 1 udp 2130706431 192.0.2.1
/// 50000 typ host …".
bool is_candidate(std::string_view candidate);

}  // namespace rill::webrtc
