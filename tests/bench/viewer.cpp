#include "viewer.hpp"

#include "webrtc_handles.hpp"

#include <rill/callback.hpp>

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace rill::bench {

namespace {

using webrtc::Description;

constexpr unsigned payload_type = 96;

/// The sequence number of an RTP packet of the video; nothing for DTLS, RTCP and retransmissions. SRTP leaves
/// the header readable.
std::optional<std::uint16_t> video_sequence(GstBuffer* packet) {
    std::uint8_t header[4];
    if (gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header) return std::nullopt;
    const bool is_rtp = header[0] >> 6 == 2 && (header[1] & 0x7f) == payload_type;
    if (!is_rtp) return std::nullopt;
    return static_cast<std::uint16_t>(header[2] << 8 | header[3]);
}

/// Runs `then` on webrtcbin's thread with the reply to one of its asynchronous actions.
void ask(GstElement* webrtcbin, const char* action, gconstpointer argument,
         std::function<void(const GstStructure*)> then) {
    using Then = std::function<void(const GstStructure*)>;
    const auto promise = Ref<GstPromise>::adopt(gst_promise_new_with_change_func(
        [](GstPromise* replied, gpointer data) {
            if (gst_promise_wait(replied) == GST_PROMISE_RESULT_REPLIED)
                (*static_cast<Then*>(data))(gst_promise_get_reply(replied));
        },
        keep(std::move(then)), drop<Then>));
    g_signal_emit_by_name(webrtcbin, action, argument, promise.get());
}

void set_up_ice(GstElement* webrtcbin) {
    GstObject* raw_ice = nullptr;
    g_object_get(webrtcbin, "ice-agent", &raw_ice, nullptr);
    const auto ice = Ref<GstObject>::adopt(raw_ice);
    GObject* raw_agent = nullptr;
    g_object_get(ice.get(), "agent", &raw_agent, nullptr);
    const auto agent = Ref<GObject>::adopt(raw_agent);
    // A viewer is to cost as little as it can: no port mapping, one socket. Its connectivity checks are as
    // fast as RFC 8445 allows, or the times to the first packet would be libnice's 20 ms between two of them.
    g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", 5u, nullptr);
    gboolean added = FALSE;
    g_signal_emit_by_name(ice.get(), "add-local-ip-address", "127.0.0.1", &added);
}

void add_transceiver(GstElement* webrtcbin) {
    const auto caps = Ref<GstCaps>::adopt(
        gst_caps_from_string("application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
                             "packetization-mode=(string)1,profile-level-id=(string)42e01f"));
    GstWebRTCRTPTransceiver* raw = nullptr;
    g_signal_emit_by_name(webrtcbin, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          caps.get(), &raw);
    const auto transceiver = Ref<GstWebRTCRTPTransceiver>::adopt(raw);
    g_object_set(transceiver.get(), "do-nack", TRUE, nullptr);
}

}  // namespace

/// Lets callbacks of other threads find the viewer on its loop, or find that it is gone.
struct Viewer::Link {
    Viewer* viewer;
};

/// Written on webrtcbin's thread.
struct Viewer::Packets {
    std::function<void()> first;
    std::atomic<Clock::time_point> first_at{};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> lost{0};
    std::uint16_t expected = 0;

    /// Whether it is one of the video's.
    bool count(GstBuffer* packet) {
        const auto sequence = video_sequence(packet);
        if (!sequence) return false;
        if (received == 0) {
            first_at = Clock::now();
            first();
        } else {
            lost += static_cast<std::uint16_t>(*sequence - expected);
        }
        expected = static_cast<std::uint16_t>(*sequence + 1);
        ++received;
        return true;
    }
};

Viewer::Viewer(Loop& loop, Ref<SoupSession> http, std::string url, ViewerEvents events)
    : loop_(loop),
      http_(std::move(http)),
      url_(std::move(url)),
      events_(std::move(events)),
      link_(std::make_shared<Link>(Link{this})),
      packets_(std::make_shared<Packets>()),
      pipeline_("viewer", loop, [this](GstMessage*) { events_.failed("webrtcbin reports an error"); }),
      webrtcbin_(pipeline_.make("webrtcbin")) {
    packets_->first = [&loop, link = link_] {
        loop.post([link] {
            if (link->viewer != nullptr) link->viewer->events_.first_packet();
        });
    };
}

Viewer::~Viewer() {
    link_->viewer = nullptr;
    if (session_url_.empty()) return;
    const auto end = Ref<SoupMessage>::adopt(soup_message_new("DELETE", session_url_.c_str()));
    Ref<GBytes>::adopt(soup_session_send_and_read(http_.get(), end.get(), nullptr, nullptr));
}

void Viewer::start() {
    if (webrtcbin_ == nullptr) {
        events_.failed("GStreamer's webrtcbin is not installed");
        return;
    }
    g_object_set(webrtcbin_, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    set_up_ice(webrtcbin_);
    add_transceiver(webrtcbin_);
    count_packets();
    when_gathered([this] { send_offer(); });
    if (!pipeline_.play()) {
        events_.failed("webrtcbin does not start");
        return;
    }
    create_offer();
}

void Viewer::count_packets() {
    using Shared = std::shared_ptr<Packets>;
    constexpr GstPadProbeCallback count = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        Packets& packets = **static_cast<Shared*>(data);
        return packets.count(GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
    };
    constexpr auto on_element = +[](GstBin*, GstBin*, GstElement* element, Shared* packets) {
        if (std::string_view(G_OBJECT_TYPE_NAME(element)) != "GstNiceSrc") return;
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "src"));
        // Dropped when counted: decrypting them would cost more than what is measured, and a jitter buffer
        // asks again for what comes in bursts.
        gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, keep(*packets), drop<Shared>);
    };
    g_signal_connect_data(webrtcbin_, "deep-element-added", G_CALLBACK(on_element), keep(packets_),
                          drop_closure<Shared>, GConnectFlags{});
}

void Viewer::when_gathered(std::function<void()> then) {
    struct Gathering {
        Loop& loop;
        std::shared_ptr<Link> link;
        std::function<void()> then;
    };
    constexpr auto on_state = +[](GstElement* webrtcbin, GParamSpec*, Gathering* gathering) {
        GstWebRTCICEGatheringState state{};
        g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
        if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) return;
        gathering->loop.post([link = gathering->link, then = gathering->then] {
            if (link->viewer != nullptr) then();
        });
    };
    g_signal_connect_data(webrtcbin_, "notify::ice-gathering-state", G_CALLBACK(on_state),
                          keep(Gathering{loop_, link_, std::move(then)}), drop_closure<Gathering>,
                          GConnectFlags{});
}

void Viewer::create_offer() {
    ask(webrtcbin_, "create-offer", nullptr,
        [webrtcbin = Ref<GstElement>::retain(webrtcbin_)](const GstStructure* reply) {
            GstWebRTCSessionDescription* raw = nullptr;
            gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &raw, nullptr);
            const Description offer(raw);
            ask(webrtcbin.get(), "set-local-description", offer.get(), [](const GstStructure*) {});
        });
}

void Viewer::send_offer() {
    GstWebRTCSessionDescription* raw = nullptr;
    g_object_get(webrtcbin_, "local-description", &raw, nullptr);
    const Description offer(raw);
    Owned<char> text(gst_sdp_message_as_text(offer->sdp));
    const std::size_t length = std::string_view(text.get()).size();
    const auto body = Ref<GBytes>::adopt(g_bytes_new_take(text.release(), length));

    post_ = Ref<SoupMessage>::adopt(soup_message_new("POST", url_.c_str()));
    if (!post_) {
        events_.failed(fmt::format("'{}' is no URL", url_));
        return;
    }
    soup_message_set_request_body_from_bytes(post_.get(), "application/sdp", body.get());
    offered_at_ = Clock::now();
    soup_session_send_and_read_async(
        http_.get(), post_.get(), G_PRIORITY_DEFAULT, nullptr,
        [](GObject*, GAsyncResult* result, gpointer data) {
            const std::unique_ptr<std::shared_ptr<Link>> link(static_cast<std::shared_ptr<Link>*>(data));
            if ((*link)->viewer != nullptr) (*link)->viewer->take_answer(result);
        },
        keep(link_));
}

void Viewer::take_answer(GAsyncResult* result) {
    answered_at_ = Clock::now();
    Owned<GError> error;
    const auto body = Ref<GBytes>::adopt(soup_session_send_and_read_finish(http_.get(), result, out(error)));
    if (!body) {
        events_.failed(fmt::format("POST {}: {}", url_, error->message));
        return;
    }
    gsize length = 0;
    const auto* bytes = static_cast<const char*>(g_bytes_get_data(body.get(), &length));
    const std::string text(bytes, length);
    if (soup_message_get_status(post_.get()) != SOUP_STATUS_CREATED) {
        events_.failed(fmt::format("POST {}: {} {}", url_,
                                   static_cast<int>(soup_message_get_status(post_.get())), text));
        return;
    }
    const char* location =
        soup_message_headers_get_one(soup_message_get_response_headers(post_.get()), "Location");
    if (location != nullptr) {
        const Owned<GUri> resolved(g_uri_parse_relative(soup_message_get_uri(post_.get()), location,
                                                        static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS),
                                                        nullptr));
        if (resolved) session_url_ = Owned<char>(g_uri_to_string(resolved.get())).get();
    }
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(text.c_str(), &message) != GST_SDP_OK) {
        events_.failed("the answer is no SDP");
        return;
    }
    const Description answer(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message));
    ask(webrtcbin_, "set-remote-description", answer.get(), [](const GstStructure*) {});
}

Clock::duration Viewer::time_to_first_packet() const {
    return packets_->first_at.load() - offered_at_;
}

std::uint64_t Viewer::packets_received() const {
    return packets_->received;
}

std::uint64_t Viewer::packets_lost() const {
    return packets_->lost;
}

}  // namespace rill::bench
