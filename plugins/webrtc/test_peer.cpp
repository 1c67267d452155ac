#include "test_peer.hpp"

#include "catch.hpp"
#include "description.hpp"
#include "nice_agent.hpp"
#include "test_host.hpp"
#include "webrtc_handles.hpp"

#include <rill/media/access_unit.hpp>

#include <gst/rtp/gstrtpbuffer.h>
#include <gst/video/video.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <regex>

namespace rill::webrtc::test {

struct Peer::State {
    mutable std::mutex mutex;
    std::vector<std::vector<std::uint8_t>> payloads;  // locked: mutex
    std::optional<std::uint16_t> last;
    unsigned gaps = 0;
    Ref<GstPad> pad;

    void received(GstBuffer* buffer) {
        const MappedBuffer map(buffer);
        const auto bytes = map.bytes();
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        if (gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp) == FALSE) return;
        const auto sequence = gst_rtp_buffer_get_seq(&rtp);
        const guint header = gst_rtp_buffer_get_header_len(&rtp);
        gst_rtp_buffer_unmap(&rtp);
        const std::lock_guard lock(mutex);
        if (last && static_cast<std::uint16_t>(*last + 1) != sequence) ++gaps;
        last = sequence;
        payloads.emplace_back(bytes.begin() + header, bytes.end());
    }
};

namespace {

/// Emits an asynchronous action and waits for its reply.
Ref<GstPromise> ask(GstElement* webrtcbin, const char* action, gconstpointer argument) {
    auto promise = Ref<GstPromise>::adopt(gst_promise_new());
    g_signal_emit_by_name(webrtcbin, action, argument, promise.get());
    REQUIRE(gst_promise_wait(promise.get()) == GST_PROMISE_RESULT_REPLIED);
    return promise;
}

}  // namespace

Peer::Peer(Loop& loop)
    : state_(std::make_shared<State>()),
      pipeline_("peer", loop, [](GstMessage*) {}),
      webrtcbin_(pipeline_.make("webrtcbin")) {
    REQUIRE(webrtcbin_ != nullptr);
    g_object_set(webrtcbin_, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    const Settings settings = test_settings();
    const NiceIceAgent loopback_only(webrtcbin_, settings, false);

    using Shared = std::shared_ptr<State>;
    g_signal_connect_data(
        webrtcbin_, "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, Shared* state) {
            const auto add = [state](GstPadProbeType type, GstPadProbeCallback probe, GstPad* to) {
                gst_pad_add_probe(to, type, probe, std::make_unique<Shared>(*state).release(),
                                  [](gpointer data) { std::unique_ptr<Shared>(static_cast<Shared*>(data)); });
            };
            {
                const std::lock_guard lock((*state)->mutex);
                (*state)->pad = Ref<GstPad>::retain(pad);
            }
            // Nothing is linked: the packet is looked at and dropped.
            add(
                GST_PAD_PROBE_TYPE_BUFFER,
                [](GstPad*, GstPadProbeInfo* info, gpointer data) {
                    (*static_cast<Shared*>(data))->received(GST_PAD_PROBE_INFO_BUFFER(info));
                    return GST_PAD_PROBE_DROP;
                },
                pad);
        }),
        std::make_unique<Shared>(state_).release(),
        [](gpointer data, GClosure*) { std::unique_ptr<Shared>(static_cast<Shared*>(data)); },
        static_cast<GConnectFlags>(0));

    const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(
        "application/"
        "x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,packetization-mode=(string)1,"
        "profile-level-id=(string)42e01f"));
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin_, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          caps.get(), &transceiver);
    Ref<GstWebRTCRTPTransceiver>::adopt(transceiver).reset();
    REQUIRE(pipeline_.play());
}

Peer::~Peer() {
    const std::lock_guard lock(state_->mutex);
    state_->pad.reset();
}

std::string Peer::offer() {
    const auto created = ask(webrtcbin_, "create-offer", nullptr);
    GstWebRTCSessionDescription* raw = nullptr;
    gst_structure_get(gst_promise_get_reply(created.get()), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &raw, nullptr);
    const Description offer(raw);
    REQUIRE(offer);
    ask(webrtcbin_, "set-local-description", offer.get());
    REQUIRE(await([this] {
        GstWebRTCICEGatheringState state{};
        g_object_get(webrtcbin_, "ice-gathering-state", &state, nullptr);
        return state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
    }));
    g_object_get(webrtcbin_, "local-description", &raw, nullptr);
    const Description complete(raw);
    const Owned<char> text(gst_sdp_message_as_text(complete->sdp));
    return text.get();
}

void Peer::accept(const std::string& answer) {
    GstSDPMessage* message = nullptr;
    // Browsers read these lines; this peer would keep names of them for good, which a test of the sender
    // counts.
    const std::string text = std::regex_replace(answer, std::regex("a=ssrc[^\n]*\n"), "");
    REQUIRE(gst_sdp_message_new_from_text(text.c_str(), &message) == GST_SDP_OK);
    const Description description(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message));
    ask(webrtcbin_, "set-remote-description", description.get());
}

std::vector<std::vector<std::uint8_t>> Peer::payloads() const {
    const std::lock_guard lock(state_->mutex);
    return state_->payloads;
}

unsigned Peer::gaps_in_sequence() const {
    const std::lock_guard lock(state_->mutex);
    return state_->gaps;
}

void Peer::ask_for_keyframe() {
    Ref<GstPad> pad;
    {
        const std::lock_guard lock(state_->mutex);
        pad = state_->pad;
    }
    REQUIRE(pad);
    gst_pad_send_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

}  // namespace rill::webrtc::test
