// A browser's offer as it was recorded, sent by somebody else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

/// What of an offer is its sender's and no property of the browser: the values of these lines.
struct Identity {
    std::string ufrag, password;          ///< a=ice-ufrag, a=ice-pwd
    std::string fingerprint;              ///< a=fingerprint: "sha-256 AB:CD:…"
    std::vector<std::string> candidates;  ///< "a=candidate:…" lines
};

/// Of the first section of a description that has each.
Identity identity_of(std::string_view sdp);

/// The recording with the values of `identity` for its own, in the lines in which it has them, and with
/// `identity`'s candidates at the end of its first section for all of its own. Nothing else differs.
std::string with_identity(std::string_view recorded, const Identity& identity);

/// The description with the lines of ICE and DTLS in every section: those that are bundled with another leave
/// them to it in an offer, and those that are rejected have none (RFC 9143 §7). And without data channels,
/// which the offer that webrtcbin made itself has not. A section that is rejected stays in the bundle:
/// webrtcbin 1.22 goes by the first one of the group and has no transport where that is another one than in
/// the offer.
std::string as_webrtcbin_wants_it(std::string_view sdp);

/// The kinds of its sections, in order: "video", "audio", "application".
std::vector<std::string> sections_of(std::string_view sdp);

/// Whether each section of an answer, in order, was accepted (RFC 9429 §5.3.1: else its port is 0).
std::vector<bool> accepted_sections(std::string_view answer);

}  // namespace rill::test
