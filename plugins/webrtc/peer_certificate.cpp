#include "peer_certificate.hpp"

#include "sdp_line.hpp"

#include <rill/ref.hpp>

#include <glib.h>

#include <memory>
#include <string>

namespace rill::webrtc {

bool matches_fingerprint(std::string_view pem, const TransportParameters& parameters) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    const std::size_t from = pem.find(begin);
    const std::size_t to = pem.find(end);
    if (from == std::string_view::npos || to == std::string_view::npos || to < from) return false;
    const std::string base64(pem.substr(from + begin.size(), to - from - begin.size()));

    gsize size = 0;
    const Owned<guchar> der(g_base64_decode(base64.c_str(), &size));
    GChecksumType type = G_CHECKSUM_SHA256;
    if (parameters.fingerprint_hash == "sha-384") type = G_CHECKSUM_SHA384;
    if (parameters.fingerprint_hash == "sha-512") type = G_CHECKSUM_SHA512;
    const Owned<char> hash(g_compute_checksum_for_data(type, der.get(), size));
    if (!hash) return false;

    std::string promised = to_lower(parameters.fingerprint_value);
    std::erase(promised, ':');
    return promised == hash.get();
}

}  // namespace rill::webrtc
