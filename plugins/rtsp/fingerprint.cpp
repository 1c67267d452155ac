#include "fingerprint.hpp"

#include <rill/ref.hpp>

namespace rill::rtsp {

Result<std::string> parse_fingerprint(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':') continue;
        if (g_ascii_isxdigit(c) == FALSE) {
            return Error{Code::invalid_config, "sourceFingerprint may hold only hex digits and colons"};
        }
        out += g_ascii_tolower(c);
    }
    if (out.size() != 64) {
        return Error{Code::invalid_config, "sourceFingerprint must be a SHA-256 sum: 64 hex digits"};
    }
    return out;
}

std::string fingerprint(GTlsCertificate* certificate) {
    GByteArray* der = nullptr;
    g_object_get(certificate, "certificate", &der, nullptr);
    if (der == nullptr) return "";
    const auto bytes = Ref<GBytes>::adopt(g_byte_array_free_to_bytes(der));
    const Owned<char> sum(g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes.get()));
    return sum.get();
}

}  // namespace rill::rtsp
