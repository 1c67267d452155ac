// SHA-256 fingerprints of certificates (RFC 8122 §5 writes them in upper case with colons).
#pragma once

#include <rill/result.hpp>

#include <gio/gio.h>

#include <string>
#include <string_view>

namespace rill::rtsp {

/// 64 hex digits, in any case, with or without colons, as 64 lower-case digits. Error: invalid_config.
Result<std::string> parse_fingerprint(std::string_view text);

/// Of the certificate's DER form.
std::string fingerprint(GTlsCertificate* certificate);

}  // namespace rill::rtsp
