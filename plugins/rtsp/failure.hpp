// Turns what is known about a failed attempt into a sentence that a person acts on.
#pragma once

#include "connection_watch.hpp"

#include <rill/result.hpp>

#include <gio/gio.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace rill::rtsp {

/// What an attempt noticed on its way. No secrets.
struct Evidence {
    std::optional<Stage> stage;  ///< of the connection; nothing: not begun
    std::string address;         ///< the newest one tried, "10.0.0.5:554"
    std::string certificate;     ///< fingerprint of the refused certificate
    GTlsCertificateFlags certificate_errors = G_TLS_CERTIFICATE_NO_FLAGS;
    bool refused_certificate = false;
    unsigned status = 0;               ///< of the newest answer that was not 200
    std::string method;                ///< the request it answered
    std::vector<std::string> offered;  ///< the camera's streams, for messages
    std::size_t selected = 0;          ///< how many of them are usable
};

/// How rtspsrc put it.
struct Report {
    bool timed_out = false;
    bool connecting = false;       ///< RESOURCE/OPEN_READ_WRITE
    bool nothing_to_play = false;  ///< STREAM/CODEC_NOT_FOUND
    unsigned status = 0;           ///< "rtsp-status-code" of the details
    std::string text = {};         ///< the rest, without credentials
};

struct Target {
    std::string host;  ///< as configured
    bool pinned = false;
    std::chrono::nanoseconds timeout;
};

/// Whether the camera refused the transport, so that another one may help.
bool refused_transport(const Report& report, const Evidence& evidence);

Error explain_failure(const Report& report, const Evidence& evidence, const Target& target);

}  // namespace rill::rtsp
