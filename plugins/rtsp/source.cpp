#include "source.hpp"

#include "fingerprint.hpp"

#include <string_view>

namespace rill::rtsp {

namespace {

using namespace std::string_view_literals;

/// Media over UDP would leave the encrypted connection, and a tunnel has room for nothing else.
bool is_tcp_only(const Url& url) {
    return url.scheme != "rtsp";
}

Report report_of(GstMessage* message) {
    Report out;
    Owned<GError> error;
    Owned<char> debug;
    const GstStructure* details = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, rill::out(error), rill::out(debug));
        gst_message_parse_error_details(message, &details);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
        gst_message_parse_warning(message, rill::out(error), rill::out(debug));
    }
    if (!error) return out;
    out.connecting =
        g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE) != FALSE;
    out.nothing_to_play =
        g_error_matches(error.get(), GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND) != FALSE;
    out.text = mask_credentials(error->message);
    if (details != nullptr) gst_structure_get_uint(details, "rtsp-status-code", &out.status);
    // The reason stands only in the debug text: "…/rtspsrc0:\nFailed to connect. (Timeout error)".
    const std::string_view text = debug ? debug.get() : "";
    out.timed_out = text.find("Timeout") != std::string_view::npos ||
                    text.find("any UDP packets") != std::string_view::npos;
    return out;
}

}  // namespace

Result<std::unique_ptr<Source>> RtspSource::create(const SourceContext& context) {
    auto url = split_url(context.url);
    if (!url) return url.error();
    std::string fingerprint;
    if (!context.fingerprint.empty()) {
        auto parsed = parse_fingerprint(context.fingerprint);
        if (!parsed) return parsed.error();
        if (!url->scheme.starts_with("rtsps")) {
            return Error{Code::invalid_config, "sourceFingerprint needs a source with rtsps://"};
        }
        fingerprint = std::move(*parsed);
    }
    const std::string& wish = context.options.text("transport");
    Transport transport = Transport::tcp;
    bool automatic = wish == "automatic";
    if (is_tcp_only(*url)) {
        automatic = false;
    } else if (wish == "udp") {
        transport = Transport::udp;
    } else if (wish == "multicast") {
        transport = Transport::multicast;
    }
    return std::unique_ptr<Source>(
        new RtspSource(context, std::move(*url), std::move(fingerprint), automatic, transport));
}

RtspSource::RtspSource(const SourceContext& context, Url url, std::string fingerprint, bool automatic,
                       Transport transport)
    : log_(Log(fmt::format("path {}", context.path)).child("RTSP source")),
      url_(std::move(url)),
      fingerprint_(std::move(fingerprint)),
      timeout_(context.read_timeout),
      automatic_(automatic),
      transport_(transport) {}

Result<Ref<GstElement>> RtspSource::build() {
    attempt_ = std::make_shared<Attempt>(Attempt::Given{.log = log_,
                                                        .url = url_,
                                                        .fingerprint = fingerprint_,
                                                        .transport = transport_,
                                                        .timeout = timeout_,
                                                        .complaints = complaints_});
    return attempt_->build();
}

Error RtspSource::explain(GstMessage* message) {
    const Report report = report_of(message);
    const Evidence evidence = attempt_ ? attempt_->evidence() : Evidence{};
    // What the bin says itself is said already.
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR ||
        G_OBJECT_TYPE_NAME(GST_MESSAGE_SRC(message)) == "RillRtspBin"sv)
        return {Code::unavailable, report.text};
    const bool silent_udp = report.timed_out && transport_ != Transport::tcp;
    if (automatic_ && (refused_transport(report, evidence) || silent_udp)) try_next_transport();
    return explain_failure(report, evidence,
                           {.host = url_.host, .pinned = !fingerprint_.empty(), .timeout = timeout_});
}

void RtspSource::try_next_transport() {
    switch (transport_) {
        case Transport::tcp:
            transport_ = Transport::udp;
            break;
        case Transport::udp:
            transport_ = Transport::multicast;
            break;
        case Transport::multicast:
            transport_ = Transport::tcp;
            break;
    }
}

}  // namespace rill::rtsp
