#include "webrtcbin_client.hpp"

#include <rill/callback.hpp>

#include <utility>

namespace rill::test {

using webrtc::Description;

void ask(GstElement* webrtcbin, const char* action, gconstpointer argument,
         std::function<void(const GstStructure*)> then) {
    using Then = std::function<void(const GstStructure*)>;
    const auto promise = Ref<GstPromise>::adopt(gst_promise_new_with_change_func(
        [](GstPromise* replied, gpointer data) {
            if (gst_promise_wait(replied) == GST_PROMISE_RESULT_REPLIED)
                kept<Then>(data)(gst_promise_get_reply(replied));
        },
        keep(std::move(then)), drop<Then>));
    g_signal_emit_by_name(webrtcbin, action, argument, promise.get());
}

void use_loopback_only(GstElement* webrtcbin) {
    GstObject* raw_ice = nullptr;
    g_object_get(webrtcbin, "ice-agent", &raw_ice, nullptr);
    const auto ice = Ref<GstObject>::adopt(raw_ice);
    GObject* raw_agent = nullptr;
    g_object_get(ice.get(), "agent", &raw_agent, nullptr);
    const auto agent = Ref<GObject>::adopt(raw_agent);
    g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", 5u, nullptr);
    gboolean added = FALSE;
    g_signal_emit_by_name(ice.get(), "add-local-ip-address", "127.0.0.1", &added);
}

void add_receiver(GstElement* webrtcbin, const char* caps) {
    const auto parsed = Ref<GstCaps>::adopt(gst_caps_from_string(caps));
    GstWebRTCRTPTransceiver* raw = nullptr;
    g_signal_emit_by_name(webrtcbin, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          parsed.get(), &raw);
    const auto transceiver = Ref<GstWebRTCRTPTransceiver>::adopt(raw);
    g_object_set(transceiver.get(), "do-nack", TRUE, nullptr);
}

void when_gathered(GstElement* webrtcbin, std::function<void()> then) {
    using Then = std::function<void()>;
    constexpr auto on_state = +[](GstElement* element, GParamSpec*, Then* gathered) {
        GstWebRTCICEGatheringState state{};
        g_object_get(element, "ice-gathering-state", &state, nullptr);
        if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) (*gathered)();
    };
    g_signal_connect_data(webrtcbin, "notify::ice-gathering-state", G_CALLBACK(on_state),
                          keep(std::move(then)), drop_closure<Then>, GConnectFlags{});
}

std::string local_description(GstElement* webrtcbin) {
    GstWebRTCSessionDescription* raw = nullptr;
    g_object_get(webrtcbin, "local-description", &raw, nullptr);
    const Description description(raw);
    return Owned<char>(gst_sdp_message_as_text(description->sdp)).get();
}

Description parse_description(GstWebRTCSDPType type, const std::string& sdp) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(sdp.c_str(), &message) != GST_SDP_OK) return nullptr;
    return Description(gst_webrtc_session_description_new(type, message));
}

}  // namespace rill::test
