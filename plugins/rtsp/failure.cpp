#include "failure.hpp"

#include <fmt/format.h>
#include <gst/rtsp/rtsp.h>

#include <algorithm>

namespace rill::rtsp {

namespace {

std::string joined(const std::vector<std::string>& words) {
    if (words.empty()) return "nothing";
    return fmt::format("{}", fmt::join(words, ", "));
}

std::string certificate_problem(GTlsCertificateFlags errors) {
    if ((errors & G_TLS_CERTIFICATE_EXPIRED) != 0) return "has expired";
    if ((errors & G_TLS_CERTIFICATE_NOT_ACTIVATED) != 0) return "is not valid yet";
    if ((errors & G_TLS_CERTIFICATE_REVOKED) != 0) return "was revoked";
    if ((errors & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0) return "is not signed by a known authority";
    if ((errors & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0) return "is for another host name";
    return "is not trusted";
}

Error explain_certificate(const Evidence& evidence, const Target& target) {
    if (target.pinned) {
        return {Code::unavailable,
                fmt::format(
                    "the certificate of {} does not have the configured sourceFingerprint, its SHA-256 is {}",
                    target.host, evidence.certificate)};
    }
    return {Code::unavailable,
            fmt::format("the certificate of {} {}; to trust it nevertheless set sourceFingerprint to {}",
                        target.host, certificate_problem(evidence.certificate_errors), evidence.certificate)};
}

Error explain_connection(const Report& report, const Evidence& evidence, const Target& target) {
    const std::string address = evidence.address.empty() ? target.host : evidence.address;
    const Stage stage = evidence.stage.value_or(Stage::resolving);
    if (report.timed_out) {
        return {Code::timeout, fmt::format("no connection to {} within {:g} s", address,
                                           std::chrono::duration<double>(target.timeout).count())};
    }
    switch (stage) {
        case Stage::resolving:
            return {Code::unavailable, fmt::format("host '{}' not found", target.host)};
        case Stage::connecting:
            return {Code::unavailable, fmt::format("connection refused by {}, or no route to it", address)};
        case Stage::securing:
            return {Code::unavailable,
                    fmt::format("TLS with {} failed (does it speak rtsps on this port?)", address)};
        case Stage::connected:
            break;
    }
    return {Code::unavailable, fmt::format("no connection to {}: {}", address, report.text)};
}

Error explain_status(unsigned status, const std::string& method) {
    switch (status) {
        case GST_RTSP_STS_UNAUTHORIZED:
            return {Code::unauthorized, "the camera refused the user name or password (401)"};
        case GST_RTSP_STS_FORBIDDEN:
            return {Code::unauthorized, "the camera forbids this user to see the stream (403)"};
        case GST_RTSP_STS_NOT_FOUND:
            return {Code::unavailable, "the camera has no stream at this URL (404)"};
        case GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH:
            return {Code::unavailable, "the camera has no bandwidth left for one more viewer (453)"};
        case GST_RTSP_STS_SESSION_NOT_FOUND:
            return {Code::unavailable, "the camera has forgotten the session (454)"};
        case GST_RTSP_STS_UNSUPPORTED_TRANSPORT:
            return {Code::unavailable, "the camera refused the transport (461), see rtspTransport"};
        case GST_RTSP_STS_SERVICE_UNAVAILABLE:
            return {Code::unavailable, "the camera is busy, perhaps with its maximum of viewers (503)"};
        default:
            break;
    }
    const char* reason = gst_rtsp_status_as_text(static_cast<GstRTSPStatusCode>(status));
    return {Code::unavailable,
            fmt::format("the camera answered {} with {} {}", method.empty() ? "a request" : method, status,
                        reason != nullptr ? reason : "")};
}

}  // namespace

bool refused_transport(const Report& report, const Evidence& evidence) {
    if (evidence.status == GST_RTSP_STS_UNSUPPORTED_TRANSPORT) return true;
    return report.nothing_to_play && evidence.selected > 0;
}

Error explain_failure(const Report& report, const Evidence& evidence, const Target& target) {
    if (evidence.refused_certificate) return explain_certificate(evidence, target);
    if (report.connecting) return explain_connection(report, evidence, target);
    if (refused_transport(report, evidence)) return explain_status(GST_RTSP_STS_UNSUPPORTED_TRANSPORT, "");
    if (report.nothing_to_play) {
        return {Code::unavailable,
                fmt::format("the camera offers no usable track (found: {})", joined(evidence.offered))};
    }
    if (const unsigned status = report.status != 0 ? report.status : evidence.status; status != 0)
        return explain_status(status, evidence.method);
    if (report.timed_out) {
        return {Code::timeout, fmt::format("{} did not answer within {:g} s", target.host,
                                           std::chrono::duration<double>(target.timeout).count())};
    }
    return {Code::unavailable, report.text.empty() ? "the connection to the camera was lost" : report.text};
}

}  // namespace rill::rtsp
