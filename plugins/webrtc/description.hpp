// The descriptions that we write: what the transport is told of the viewer's offer, and what the viewer is
// told of the transport's answer.
#pragma once

#include "codec_choice.hpp"
#include "offer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::webrtc {

inline constexpr std::string_view playout_delay_uri =
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

/// The one media stream that all tracks belong to (RFC 8830).
inline constexpr std::string_view media_stream_id = "rill";

/// The id that the viewer gave a header extension on this section, or 0.
unsigned extension_id(const OfferedMedia& media, std::string_view uri);

/// The transport of a bundle is described by its first section that is accepted (RFC 9143 §7.3.1).
const TransportParameters& transport_of(const Offer& offer, std::span<const Choice> choices);

/// The part of the offer that is used, written anew: the chosen sections with one codec each. Whatever else
/// a client sent never reaches the transport's own parser.
std::string offer_for_transport(const Offer& offer, std::span<const Choice> choices);

/// What the viewer's ICE needs of us, beside what the transport's answer says.
struct AnsweredIce {
    bool is_lite;
    std::span<const std::string> candidates;
};

/// The answer for the viewer: a section for each one of the offer, in its order (RFC 9429 §5.3.1); those that
/// are not used are rejected. `answer` is the transport's, to the offer above.
std::string answer_for_viewer(const Offer& offer, std::span<const Choice> choices, std::string_view answer,
                              const AnsweredIce& ice);

/// Host candidates for other addresses that lead to the same ports (NAT 1:1), made from the host
/// candidates among `candidates`, one for each transport, port and host.
std::vector<std::string> additional_candidates(std::span<const std::string> candidates,
                                               std::span<const std::string> hosts);

/// Whether the candidate's address is a number. Names are not looked up for strangers; a browser that hides
/// its address behind an mDNS name is found by its own checks (peer-reflexive).
bool has_numeric_address(std::string_view candidate);

/// The body of an answer to a PATCH that restarted ICE (RFC 9725 §4.4.2).
std::string restart_fragment(const Offer& offer, std::span<const Choice> choices, std::string_view ufrag,
                             std::string_view password, std::span<const std::string> candidates);

}  // namespace rill::webrtc
