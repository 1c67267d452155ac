// Whether the certificate of the DTLS handshake is the one that the offer promised.
#pragma once

#include "offer.hpp"

#include <string_view>

namespace rill::webrtc {

/// RFC 8122 §5. `pem` is one certificate.
bool matches_fingerprint(std::string_view pem, const TransportParameters& parameters);

}  // namespace rill::webrtc
