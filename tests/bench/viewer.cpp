#include "viewer.hpp"

#include "webrtcbin_client.hpp"

#include <rill/callback.hpp>

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
      events_(std::move(events)),
      link_(std::make_shared<Link>(Link{this})),
      packets_(std::make_shared<Packets>()),
      pipeline_("viewer", loop, [this](GstMessage*) { events_.failed("webrtcbin reports an error"); }),
      webrtcbin_(pipeline_.make("webrtcbin")),
      whep_(std::move(http), std::move(url),
            {[this](const std::string& sdp) { take_answer(sdp); },
             [this](int, const std::string& reason) { events_.failed(reason); }}) {
    packets_->first = [&loop, link = link_] {
        loop.post([link] {
            if (link->viewer != nullptr) link->viewer->events_.first_packet();
        });
    };
}

Viewer::~Viewer() {
    link_->viewer = nullptr;
}

void Viewer::start() {
    if (webrtcbin_ == nullptr) {
        events_.failed("GStreamer's webrtcbin is not installed");
        return;
    }
    g_object_set(webrtcbin_, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    test::use_loopback_only(webrtcbin_);
    test::add_receiver(webrtcbin_,
                       "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
                       "packetization-mode=(string)1,profile-level-id=(string)42e01f");
    count_packets();
    test::when_gathered(webrtcbin_, [&loop = loop_, link = link_] {
        loop.post([link] {
            if (link->viewer != nullptr) link->viewer->send_offer();
        });
    });
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

void Viewer::create_offer() {
    test::ask(webrtcbin_, "create-offer", nullptr,
              [webrtcbin = Ref<GstElement>::retain(webrtcbin_)](const GstStructure* reply) {
                  GstWebRTCSessionDescription* raw = nullptr;
                  gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &raw, nullptr);
                  const Description offer(raw);
                  test::ask(webrtcbin.get(), "set-local-description", offer.get(),
                            [](const GstStructure*) {});
              });
}

void Viewer::send_offer() {
    const std::string offer = test::local_description(webrtcbin_);
    offered_at_ = Clock::now();
    whep_.post(offer);
}

void Viewer::take_answer(const std::string& sdp) {
    answered_at_ = Clock::now();
    const Description answer = test::parse_description(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    if (!answer) {
        events_.failed("the answer is no SDP");
        return;
    }
    test::ask(webrtcbin_, "set-remote-description", answer.get(), [](const GstStructure*) {});
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
