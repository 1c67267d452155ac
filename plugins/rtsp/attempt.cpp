#include "attempt.hpp"

#include "fingerprint.hpp"
#include "packet_times.hpp"
#include "rtsp_bin.hpp"
#include "tracks.hpp"

#include <rill/pipeline.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace rill::rtsp {

namespace {

using namespace std::string_view_literals;

// rtpjitterbuffer passes packets that come in order at once; this is how long it waits for a missing one.
// TCP loses none, but a camera that is short of bandwidth skips some.
constexpr guint tcp_latency_ms = 50;
constexpr guint udp_latency_ms = 200;
// Taking a dead camera's session down must not hold up the next attempt.
constexpr guint64 teardown_timeout_ns = 100 * GST_MSECOND;
// RFC 2326 §12.37: the default session timeout.
constexpr std::chrono::seconds default_session_timeout{60};

GstRTSPLowerTrans protocols(Transport transport) {
    switch (transport) {
        case Transport::udp:
            return GST_RTSP_LOWER_TRANS_UDP;
        case Transport::multicast:
            return GST_RTSP_LOWER_TRANS_UDP_MCAST;
        case Transport::tcp:
            break;
    }
    return GST_RTSP_LOWER_TRANS_TCP;
}

/// The URL in rtspsrc's spelling of the schemes.
std::string location(Url url) {
    if (url.port == 0) url.port = url.scheme.starts_with("rtsps") ? 322 : 554;
    if (url.scheme.ends_with("+http")) url.scheme = url.scheme == "rtsps+http" ? "rtspsh" : "rtsph";
    return without_credentials(url);
}

/// The seconds of "Session: 1234;timeout=60" (RFC 2326 §12.37).
std::chrono::seconds session_timeout(GstRTSPMessage* response) {
    char* header = nullptr;
    if (gst_rtsp_message_get_header(response, GST_RTSP_HDR_SESSION, &header, 0) != GST_RTSP_OK)
        return default_session_timeout;
    const std::string_view text(header);
    constexpr auto key = "timeout="sv;
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return default_session_timeout;
    int seconds = 0;
    const char* begin = text.data() + at + key.size();
    std::from_chars(begin, text.data() + text.size(), seconds);
    return seconds > 0 ? std::chrono::seconds(seconds) : default_session_timeout;
}

bool offers_get_parameter(GstRTSPMessage* response) {
    char* header = nullptr;
    for (int i = 0; gst_rtsp_message_get_header(response, GST_RTSP_HDR_PUBLIC, &header, i) == GST_RTSP_OK;
         ++i) {
        if (std::string_view(header).find("GET_PARAMETER") != std::string_view::npos) return true;
    }
    return false;
}

bool is_stale(GstRTSPMessage* response) {
    char* header = nullptr;
    if (gst_rtsp_message_get_header(response, GST_RTSP_HDR_WWW_AUTHENTICATE, &header, 0) != GST_RTSP_OK)
        return false;
    const Owned<char> lower(g_ascii_strdown(header, -1));
    const std::string_view text(lower.get());
    return text.find("stale=true") != std::string_view::npos ||
           text.find("stale=\"true\"") != std::string_view::npos;
}

/// The number behind `prefix`, as in "recv_rtp_src_<stream>_<ssrc>_<payload type>".
unsigned trailing_number(std::string_view name, std::string_view prefix) {
    unsigned number = 0;
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number;
}

/// rtspsrc ends a track for good when its SSRC says BYE or falls silent (RFC 3550 §6.6, §6.3.5), also for the
/// SSRC that follows when a camera restarts its encoder. Whether media still come is for core's watchdog to
/// judge: these handlers are connected before rtspsrc's own, and do not let the signals get to those.
void outlive_bye(GstElement* rtpbin, unsigned stream) {
    GObject* raw = nullptr;
    g_signal_emit_by_name(rtpbin, "get-internal-session", stream, &raw);
    const auto session = Ref<GObject>::adopt(raw);
    if (!session) return;
    for (const char* signal : {"on-bye-ssrc", "on-bye-timeout", "on-timeout"}) {
        g_signal_connect(session.get(), signal, G_CALLBACK(+[](GObject* self, GObject*, gpointer) {
                             g_signal_stop_emission(self, g_signal_get_invocation_hint(self)->signal_id, 0);
                         }),
                         nullptr);
    }
}

}  // namespace

Result<Ref<GstElement>> Attempt::build() {
    if (gst_element_factory_find("rtpbin") == nullptr)
        return Error{Code::unavailable,
                     "GStreamer element 'rtpbin' is not installed (gstreamer1.0-plugins-good)"};
    const std::shared_ptr<Attempt> self = shared_from_this();
    TappedSource source = make_rtspsrc(self);
    if (!source.rtspsrc)
        return Error{Code::unavailable,
                     "GStreamer element 'rtspsrc' is not installed (gstreamer1.0-plugins-good)"};
    auto bin = make_rtsp_bin(self);
    bin_ = bin.get();
    rtspsrc_ = source.rtspsrc.get();
    extension_ = source.extension;
    configure(rtspsrc_);
    connect_signals(rtspsrc_);
    gst_bin_add(GST_BIN(bin_), rtspsrc_);
    return bin;
}

void Attempt::configure(GstElement* rtspsrc) {
    const bool tcp = given_.transport == Transport::tcp;
    const auto timeout_us =
        static_cast<guint64>(std::chrono::duration_cast<std::chrono::microseconds>(given_.timeout).count());
    g_object_set(rtspsrc, "location", location(given_.url).c_str(), "user-agent", "rill/" RILL_VERSION,  //
                 "protocols", protocols(given_.transport), "latency", tcp ? tcp_latency_ms : udp_latency_ms,
                 "tcp-timeout", timeout_us, "timeout", timeout_us, "teardown-timeout", teardown_timeout_ns,
                 "do-retransmission", FALSE, nullptr);
    if (given_.url.has_user) {
        g_object_set(rtspsrc, "user-id", given_.url.user.c_str(), "user-pw", given_.url.password.c_str(),
                     nullptr);
    }
}

void Attempt::connect_signals(GstElement* rtspsrc) {
    // The bin owns this object and rtspsrc, so no signal comes after its end.
    g_signal_connect(rtspsrc, "select-stream",
                     G_CALLBACK(+[](GstElement*, guint, GstCaps* caps, gpointer self) -> gboolean {
                         return static_cast<Attempt*>(self)->select(caps) ? TRUE : FALSE;
                     }),
                     this);
    g_signal_connect(rtspsrc, "accept-certificate",
                     G_CALLBACK(+[](GstElement*, GTlsConnection*, GTlsCertificate* certificate,
                                    GTlsCertificateFlags errors, gpointer self) -> gboolean {
                         return static_cast<Attempt*>(self)->accept(certificate, errors) ? TRUE : FALSE;
                     }),
                     this);
    g_signal_connect(rtspsrc, "before-send",
                     G_CALLBACK(+[](GstElement*, GstRTSPMessage*, gpointer self) -> gboolean {
                         return static_cast<Attempt*>(self)->may_send() ? TRUE : FALSE;
                     }),
                     this);
    g_signal_connect(rtspsrc, "handle-request",
                     G_CALLBACK(+[](GstElement*, GstRTSPMessage* request, GstRTSPMessage*, gpointer self) {
                         if (request->type_data.request.method == GST_RTSP_TEARDOWN)
                             static_cast<Attempt*>(self)->fail("the camera ended the session (TEARDOWN)");
                     }),
                     this);
    g_signal_connect(rtspsrc, "new-manager", G_CALLBACK(+[](GstElement*, GstElement* rtpbin, gpointer self) {
                         static_cast<Attempt*>(self)->watch_manager(rtpbin);
                     }),
                     this);
    g_signal_connect(rtspsrc, "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer self) {
                         static_cast<Attempt*>(self)->add_pad(pad);
                     }),
                     this);
    g_signal_connect(rtspsrc, "no-more-pads", G_CALLBACK(+[](GstElement*, gpointer self) {
                         static_cast<Attempt*>(self)->tell_if_complete(true);
                     }),
                     this);
}

Evidence Attempt::evidence() const {
    const std::lock_guard lock(mutex_);
    return evidence_;
}

void Attempt::fail(const std::string& text) {
    GST_ELEMENT_ERROR(bin_, RESOURCE, FAILED, ("%s", text.c_str()), (nullptr));
}

// The connection
// ---------------------------------------------------------------------------------------------------------

void Attempt::observe(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
        case GST_MESSAGE_PROGRESS: {
            // rtspsrc announces each connection on the thread that makes it.
            Owned<char> code;
            gst_message_parse_progress(message, nullptr, out(code), nullptr);
            if (code && code.get() == "connect"sv) {
                certificate_seen_ = false;
                watch_next_connection(shared_from_this());
            }
            break;
        }
        case GST_MESSAGE_WARNING: {
            // The only sign by which the end of the connection differs from the end of one track (RTCP BYE).
            Owned<GError> error;
            gst_message_parse_warning(message, out(error), nullptr);
            if (GST_MESSAGE_SRC(message) == GST_OBJECT(rtspsrc_) &&
                g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ) != FALSE)
                closing_ = true;
            break;
        }
        default:
            break;
    }
}

void Attempt::reached(Stage stage) {
    const std::lock_guard lock(mutex_);
    evidence_.stage = stage;
}

void Attempt::trying(const std::string& address) {
    const std::lock_guard lock(mutex_);
    evidence_.address = address;
}

bool Attempt::accept(GTlsCertificate* certificate, GTlsCertificateFlags errors) {
    const std::string actual = fingerprint(certificate);
    if (!given_.fingerprint.empty() && actual == given_.fingerprint) {
        certificate_seen_ = true;
        return true;
    }
    const std::lock_guard lock(mutex_);
    evidence_.certificate = actual;
    evidence_.certificate_errors = errors;
    evidence_.refused_certificate = true;
    return false;
}

bool Attempt::may_send() {
    if (given_.fingerprint.empty() || certificate_seen_) return true;
    // Cannot happen while rtspsrc announces its connections; if it ever does, nothing must leave.
    fail("the camera's certificate was not checked");
    return false;
}

// The session
// ------------------------------------------------------------------------------------------------------------

void Attempt::answered(const GstRTSPMessage& request, GstRTSPMessage* response) {
    const auto method = request.type_data.request.method;
    const unsigned status = response->type_data.response.code;
    if (status != GST_RTSP_STS_OK) {
        const std::lock_guard lock(mutex_);
        evidence_.status = status;
        evidence_.method = gst_rtsp_method_as_text(method);
    }
    if (status == GST_RTSP_STS_UNAUTHORIZED) {
        // rtspsrc would try the same password eight times, which is enough for many cameras to lock the
        // account.
        if (!is_stale(response)) ++refusals_;
        if (refusals_ > 1) g_object_set(rtspsrc_, "user-id", nullptr, nullptr);
        return;
    }
    if (status != GST_RTSP_STS_OK) return;
    refusals_ = 0;
    switch (method) {
        case GST_RTSP_OPTIONS:
            has_get_parameter_ = offers_get_parameter(response);
            break;
        case GST_RTSP_SETUP:
            // Twice in the time, so that one may come late.
            keep_alive_interval_ = std::clamp<std::chrono::microseconds>(
                session_timeout(response) / 2, std::chrono::milliseconds(500), std::chrono::seconds(30));
            break;
        case GST_RTSP_PLAY:
            session_url_ = request.type_data.request.uri;
            last_keep_alive_us_ = g_get_monotonic_time();
            break;
        default:
            break;
    }
}

void Attempt::keep_alive() {
    if (extension_ == nullptr || session_url_.empty()) return;
    const std::int64_t now = g_get_monotonic_time();
    if (now - last_keep_alive_us_ < keep_alive_interval_.count()) return;
    last_keep_alive_us_ = now;
    send_request(extension_, has_get_parameter_ ? GST_RTSP_GET_PARAMETER : GST_RTSP_OPTIONS,
                 session_url_.c_str());
}

// The packets
// ------------------------------------------------------------------------------------------------------------

void Attempt::watch_manager(GstElement* rtpbin) {
    g_signal_connect(rtpbin, "new-jitterbuffer",
                     G_CALLBACK(+[](GstElement*, GstElement* jitterbuffer, guint, guint, gpointer) {
                         // The first packet need not wait for the latency to pass.
                         g_object_set(jitterbuffer, "faststart-min-packets", 1, nullptr);
                     }),
                     nullptr);
    g_signal_connect(rtpbin, "pad-added", G_CALLBACK(+[](GstElement* manager, GstPad* pad, gpointer self) {
                         constexpr auto prefix = "recv_rtp_sink_"sv;
                         const std::string_view name = GST_PAD_NAME(pad);
                         if (!name.starts_with(prefix)) return;
                         outlive_bye(manager, trailing_number(name, prefix));
                         stamp_packets(pad);
                         constexpr auto what = static_cast<GstPadProbeType>(
                             GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
                         gst_pad_add_probe(
                             pad, what,
                             [](GstPad*, GstPadProbeInfo* info, gpointer attempt) {
                                 return static_cast<Attempt*>(attempt)->pass(info);
                             },
                             self, nullptr);
                     }),
                     this);
}

GstPadProbeReturn Attempt::pass(GstPadProbeInfo* info) {
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) == 0) {
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
        if (closing_) fail("the camera closed the connection");
        return GST_PAD_PROBE_DROP;
    }
    // Over UDP rtspsrc keeps the session alive itself.
    if (given_.transport == Transport::tcp) keep_alive();
    return GST_PAD_PROBE_OK;
}

// The tracks
// -------------------------------------------------------------------------------------------------------------

bool Attempt::select(const GstCaps* caps) {
    const auto factory = depayloader(caps);
    const std::string what = describe(caps);
    {
        const std::lock_guard lock(mutex_);
        evidence_.offered.push_back(what);
        if (factory) ++evidence_.selected;
    }
    if (!factory && given_.complaints->add(what))
        given_.log.warning("skipping a track that cannot be used: {}", what);
    return factory.has_value();
}

void Attempt::add_pad(GstPad* pad) {
    const unsigned stream = trailing_number(GST_PAD_NAME(pad), "recv_rtp_src_");
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (!caps) caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
    const auto factory = depayloader(caps.get());
    if (!factory) return;

    std::unique_lock lock(branches_mutex_);
    if (const auto known = branches_.find(stream); known != branches_.end()) {
        if (known->second.factory == *factory) {
            replace_pad(known->second, pad);
        } else {
            fail("the camera changed the codec of a track");
        }
        return;
    }
    GstElement* element = gst_element_factory_make(factory->c_str(), nullptr);
    GstElement* filter = gst_element_factory_make("capsfilter", nullptr);
    if (element == nullptr || filter == nullptr) {
        fail(fmt::format("GStreamer element '{}' is not installed (gstreamer1.0-plugins-good)", *factory));
        return;
    }
    gst_bin_add_many(GST_BIN(bin_), element, filter, nullptr);
    branches_.emplace(stream, Branch{element, *factory});
    // rtpmp4gdepay makes video as well: whoever gets the pad must know before the first data which of the
    // two.
    if (*factory == "rtpmp4gdepay") {
        const auto audio = Ref<GstCaps>::adopt(gst_caps_from_string("audio/mpeg"));
        g_object_set(filter, "caps", audio.get(), nullptr);
    }
    gst_element_link(element, filter);
    sync_with_parent(filter);
    sync_with_parent(element);
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
    const auto source = Ref<GstPad>::adopt(gst_element_get_static_pad(filter, "src"));
    // The ghost pad first: it must be linked when the first data flow.
    GstPad* ghost = gst_ghost_pad_new(fmt::format("track_{}", stream).c_str(), source.get());
    gst_pad_set_active(ghost, TRUE);
    gst_element_add_pad(bin_, ghost);
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, sink.get())))
        fail("a track of the camera does not fit its depayloader");
    lock.unlock();
    tell_if_complete(false);
}

void Attempt::tell_if_complete(bool no_more_pads) {
    {
        // rtspsrc counts a pad before it adds it: with one thread a track, "no more" overtakes the last pad.
        const std::size_t selected = evidence().selected;
        const std::lock_guard lock(branches_mutex_);
        no_more_pads_ = no_more_pads_ || no_more_pads;
        if (!no_more_pads_ || branches_.size() < selected || told_complete_) return;
        told_complete_ = true;
    }
    gst_element_no_more_pads(bin_);
}

void Attempt::replace_pad(const Branch& branch, GstPad* pad) {
    // Another SSRC in the same stream: the camera restarted its encoder.
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(branch.depayloader, "sink"));
    if (const auto old = Ref<GstPad>::adopt(gst_pad_get_peer(sink.get()))) {
        constexpr auto all = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM);
        gst_pad_add_probe(
            old.get(), all, [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr,
            nullptr);
        gst_pad_unlink(old.get(), sink.get());
    }
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, sink.get())))
        fail("a track of the camera does not fit its depayloader");
}

}  // namespace rill::rtsp
