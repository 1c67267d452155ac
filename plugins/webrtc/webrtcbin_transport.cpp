#include "webrtcbin_transport.hpp"

#include "description.hpp"
#include "lite_agent.hpp"
#include "local_addresses.hpp"
#include "nice_agent.hpp"
#include "peer_certificate.hpp"
#include "webrtc_handles.hpp"

#include <rill/callback.hpp>
#include <rill/clock.hpp>
#include <rill/pipeline.hpp>

#include <fmt/format.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace rill::webrtc {

namespace {

/// webrtcbin knows what it sends without being told. From these lines it would make names of caps fields, and
/// such names are never freed: two for each SSRC of each session.
void remove_ssrcs(GstSDPMessage* answer) {
    for (guint section = 0; section < gst_sdp_message_medias_len(answer); ++section) {
        auto* media = const_cast<GstSDPMedia*>(gst_sdp_message_get_media(answer, section));
        for (guint at = gst_sdp_media_attributes_len(media); at > 0; --at) {
            const std::string_view key = gst_sdp_media_get_attribute(media, at - 1)->key;
            if (key == "ssrc" || key == "ssrc-group") gst_sdp_media_remove_attribute(media, at - 1);
        }
    }
}

class Negotiation;
using NegotiationPtr = std::shared_ptr<Negotiation>;

/// Connects a signal whose handler holds the negotiation as long as the object lives.
void connect(gpointer object, const char* signal, GCallback handler, const NegotiationPtr& negotiation) {
    g_signal_connect_data(object, signal, handler, keep(negotiation), drop_closure<NegotiationPtr>,
                          GConnectFlags{});
}

void on_dtls_state(GObject* dtls, GParamSpec*, const NegotiationPtr* negotiation);

/// A property that holds an object; null when it, or the object asked, is not there.
template <class T>
Ref<T> property(gpointer object, const char* name) {
    T* value = nullptr;
    if (object != nullptr) g_object_get(object, name, &value, nullptr);
    return Ref<T>::adopt(value);
}

/// What webrtcbin's threads touch. Outlives the transport as long as one of their callbacks holds it.
class Negotiation : public std::enable_shared_from_this<Negotiation> {
  public:
    Negotiation(TransportEvents events, Offer offer, std::vector<Choice> choices, const Settings& settings)
        : offer_(std::move(offer)),
          choices_(std::move(choices)),
          additional_hosts_(settings.additional_hosts),
          announces_interfaces_(settings.ips_from_interfaces),
          events_(std::move(events)) {}

    /// Nothing is reported and nothing is asked of webrtcbin after it.
    void close() {
        // They go after the lock does: the agent leaves its ports.
        TransportEvents events;
        Asked asked;
        std::shared_ptr<IceAgent> ice;
        const std::lock_guard lock(mutex_);
        std::swap(events, events_);
        std::swap(asked, asked_);
        std::swap(ice, ice_);
    }

    void begin(Ref<GstElement> webrtcbin, std::shared_ptr<void> hold, std::shared_ptr<IceAgent> ice) {
        {
            const std::lock_guard lock(mutex_);
            asked_ = {std::move(webrtcbin), std::move(hold)};
            ice_ = std::move(ice);
        }
        const std::string text = offer_for_transport(offer_, choices_);
        GstSDPMessage* message = nullptr;
        if (gst_sdp_message_new_from_text(text.c_str(), &message) != GST_SDP_OK) {
            finish(Error{Code::internal, "the offer could not be handed to webrtcbin"});
            return;
        }
        const Description description(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message));
        ask("set-remote-description", description.get(), &Negotiation::create_answer);
    }

    /// Hands the answer out, if it is there and was not yet.
    void gathered() {
        std::string answer;
        std::shared_ptr<IceAgent> ice;
        {
            const std::lock_guard lock(mutex_);
            if (!ice_ || answer_.empty()) return;
            answer = answer_;
            ice = ice_;
        }
        auto candidates = ice->local_candidates();
        const auto more = additional_candidates(candidates, additional_hosts_);
        if (!announces_interfaces_) candidates.clear();
        candidates.insert(candidates.end(), more.begin(), more.end());
        finish(answer_for_viewer(offer_, choices_, answer, {ice->is_lite(), candidates}));
    }

    void refuse(const Error& error) { finish(error); }

    /// Null before it begins and after it is closed.
    std::shared_ptr<IceAgent> ice() const {
        const std::lock_guard lock(mutex_);
        return ice_;
    }

    void connection_changed(GstWebRTCPeerConnectionState state) {
        if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) connected();
        if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) fail("ICE or DTLS failed");
    }

    void fail(const std::string& reason) {
        const auto report = take_event(&TransportEvents::failed);
        if (report) report(reason);
    }

    void keyframe_wanted(std::size_t stream) const {
        std::function<void(std::size_t)> report;
        {
            const std::lock_guard lock(mutex_);
            report = events_.keyframe_wanted;
        }
        if (report) report(stream);
    }

    std::atomic<std::int64_t> last_heard{0};  ///< running time, nanoseconds

  private:
    using Reply = void (Negotiation::*)(const GstStructure*);

    /// Who is asked, and a hold of its pipeline. Empty before it begins and after it is closed.
    struct Asked {
        Ref<GstElement> webrtcbin;
        std::shared_ptr<void> hold;
    };

    Asked asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    /// Emits one of webrtcbin's asynchronous actions; `next` runs with its reply, on webrtcbin's thread. What
    /// the action does there includes new elements: the session may end, but the pipeline waits.
    void ask(const char* action, gconstpointer argument, Reply next) {
        struct Call {
            std::shared_ptr<Negotiation> self;
            Reply next;
            std::shared_ptr<void> hold;
        };
        const auto [element, hold] = asked();
        if (!element) return;
        const auto promise = Ref<GstPromise>::adopt(gst_promise_new_with_change_func(
            [](GstPromise* replied, gpointer data) {
                const auto* call = static_cast<Call*>(data);
                if (gst_promise_wait(replied) == GST_PROMISE_RESULT_REPLIED)
                    ((*call->self).*(call->next))(gst_promise_get_reply(replied));
            },
            keep(Call{shared_from_this(), next, hold}), drop<Call>));
        g_signal_emit_by_name(element.get(), action, argument, promise.get());
    }

    bool refused(const GstStructure* reply) {
        GError* raw = nullptr;
        if (reply == nullptr || !gst_structure_has_field(reply, "error")) return false;
        gst_structure_get(reply, "error", G_TYPE_ERROR, &raw, nullptr);
        const Owned<GError> error(raw);
        finish(Error{Code::internal, fmt::format("webrtcbin: {}", error ? error->message : "refused")});
        return true;
    }

    void create_answer(const GstStructure* reply) {
        if (!refused(reply)) ask("create-answer", nullptr, &Negotiation::set_answer);
    }

    void set_answer(const GstStructure* reply) {
        if (refused(reply)) return;
        GstWebRTCSessionDescription* raw = nullptr;
        if (reply != nullptr)
            gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &raw, nullptr);
        const Description answer(raw);
        if (!answer) {
            finish(Error{Code::internal, "webrtcbin made no answer"});
            return;
        }
        const Owned<char> text(gst_sdp_message_as_text(answer->sdp));
        {
            const std::lock_guard lock(mutex_);
            answer_ = text.get();
        }
        remove_ssrcs(answer->sdp);
        ask("set-local-description", answer.get(), &Negotiation::answer_is_set);
    }

    void answer_is_set(const GstStructure* reply) { refused(reply); }

    void finish(Result<std::string> result) {
        const auto report = take_event(&TransportEvents::negotiated);
        if (report) report(std::move(result));
    }

    template <class Event>
    Event take_event(Event TransportEvents::*event) {
        const std::lock_guard lock(mutex_);
        return std::exchange(events_.*event, nullptr);
    }

    void connected() {
        const auto dtls = dtls_transport();
        if (!dtls) return;
        if (!is_expected_peer(dtls.get())) {
            fail("the viewer's certificate is not the one of its offer");
            return;
        }
        // webrtcbin does not say when the viewer ends DTLS in good order.
        connect(dtls.get(), "notify::state", G_CALLBACK(on_dtls_state), shared_from_this());
        listen_to_viewer(dtls.get());
        const auto report = take_event(&TransportEvents::connected);
        if (report) report();
    }

    /// The one DTLS transport of the bundle.
    Ref<GObject> dtls_transport() const {
        const auto element = asked().webrtcbin;
        if (!element) return nullptr;
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), "sink_0"));
        const auto transceiver = property<GObject>(pad.get(), "transceiver");
        const auto sender = property<GObject>(transceiver.get(), "sender");
        return property<GObject>(sender.get(), "transport");
    }

    /// webrtcbin does not compare the two itself.
    bool is_expected_peer(GObject* dtls) const {
        char* pem = nullptr;
        g_object_get(dtls, "remote-certificate", &pem, nullptr);
        const Owned<char> certificate(pem);
        return certificate && matches_fingerprint(certificate.get(), transport_of(offer_, choices_));
    }

    /// Notes when anything comes from the viewer: 1.22 has no consent checks (RFC 7675), so silence is all
    /// that tells of a viewer that vanished.
    void listen_to_viewer(GObject* dtls) {
        last_heard = running_time().count();
        const auto ice = property<GstWebRTCICETransport>(dtls, "transport");
        const auto pad = Ref<GstPad>::adopt(ice ? gst_element_get_static_pad(ice->src, "src") : nullptr);
        if (pad) watch(pad.get());
    }

    void watch(GstPad* pad) {
        using Shared = std::shared_ptr<Negotiation>;
        constexpr auto data =
            static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
        gst_pad_add_probe(
            pad, data,
            [](GstPad*, GstPadProbeInfo*, gpointer self) {
                kept<Shared>(self)->last_heard = running_time().count();
                return GST_PAD_PROBE_OK;
            },
            keep(shared_from_this()), drop<Shared>);
    }

    const Offer offer_;
    const std::vector<Choice> choices_;
    const std::vector<std::string> additional_hosts_;
    const bool announces_interfaces_;

    mutable std::mutex mutex_;
    // Locked: mutex_.
    TransportEvents events_;
    Asked asked_;
    std::shared_ptr<IceAgent> ice_;
    std::string answer_;
};

void on_dtls_state(GObject* dtls, GParamSpec*, const NegotiationPtr* negotiation) {
    GstWebRTCDTLSTransportState state{};
    g_object_get(dtls, "state", &state, nullptr);
    if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED)
        (*negotiation)->fail("the viewer closed the connection");
}

void on_connection_state(GstElement* webrtcbin, GParamSpec*, NegotiationPtr* negotiation) {
    GstWebRTCPeerConnectionState state{};
    g_object_get(webrtcbin, "connection-state", &state, nullptr);
    (*negotiation)->connection_changed(state);
}

void on_gathering_state(GstElement* webrtcbin, GParamSpec*, NegotiationPtr* negotiation) {
    GstWebRTCICEGatheringState state{};
    g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) (*negotiation)->gathered();
}

Ref<GstCaps> caps_of(const OutgoingStream& stream, const OfferedMedia& media) {
    const OfferedCodec& codec = stream.choice.codec;
    auto caps = Ref<GstCaps>::adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, media.kind.c_str(), "encoding-name", G_TYPE_STRING,
        codec.name.c_str(), "payload", G_TYPE_INT, static_cast<int>(codec.payload_type), "clock-rate",
        G_TYPE_INT, static_cast<int>(codec.clock_rate), "ssrc", G_TYPE_UINT, stream.ssrc, nullptr));
    const unsigned extension = extension_id(media, playout_delay_uri);
    if (extension != 0 && media.kind == "video") {
        const std::string name = fmt::format("extmap-{}", extension);
        gst_caps_set_simple(caps.get(), name.c_str(), G_TYPE_STRING, std::string(playout_delay_uri).c_str(),
                            nullptr);
    }
    return caps;
}

class WebrtcbinTransport final : public Transport {
  public:
    explicit WebrtcbinTransport(TransportContext context)
        : settings_(context.settings),
          viewer_is_local_(context.viewer_is_local),
          events_(std::move(context.events)),
          pipeline_(context.name, context.loop, [this](GstMessage* message) { on_message(message); }) {}

    ~WebrtcbinTransport() override {
        if (negotiation_) negotiation_->close();
    }

    void negotiate(const Offer& offer, std::vector<OutgoingStream> streams) override {
        std::vector<Choice> choices;
        choices.reserve(streams.size());
        for (const OutgoingStream& stream : streams)
            choices.push_back(stream.choice);
        negotiation_ =
            std::make_shared<Negotiation>(std::exchange(events_, {}), offer, std::move(choices), settings_);
        if (auto built = build(offer, streams); !built) {
            negotiation_->refuse(built.error());
            return;
        }
        if (!ice_) ice_ = std::make_shared<NiceIceAgent>(webrtcbin_, settings_, viewer_is_local_);
        negotiation_->begin(Ref<GstElement>::retain(webrtcbin_), pipeline_.hold(), std::move(ice_));
    }

    void stop_gathering() override { negotiation_->gathered(); }

    void add_candidate(const std::string& candidate) override {
        if (has_numeric_address(candidate))
            g_signal_emit_by_name(webrtcbin_, "add-ice-candidate", 0u, candidate.c_str());
    }

    Result<RestartedIce> restart_ice(const CandidateFragment& fragment) override {
        auto ice = negotiation_->ice();
        if (!ice) return Error{Code::unavailable, "the session is closing"};
        return ice->restart(fragment);
    }

    void send(std::size_t stream, std::vector<Ref<GstBuffer>> packets) override {
        packets_queued_ += packets.size();
        // No buffer lists: webrtcbin takes them apart again, and 1.22's appsrc trips over one that it holds
        // while it is stopped.
        for (auto& packet : packets)
            gst_app_src_push_buffer(GST_APP_SRC(sources_[stream]), packet.leak());
    }

    std::size_t queued_bytes(std::size_t stream) const override {
        return gst_app_src_get_current_level_bytes(GST_APP_SRC(sources_[stream]));
    }

    TransportStatistics statistics() const override {
        TransportStatistics out{packets_queued_,
                                std::chrono::nanoseconds(negotiation_ ? negotiation_->last_heard.load() : 0)};
        const auto ice = negotiation_ ? negotiation_->ice() : nullptr;
        if (!ice) return out;
        auto [local, remote] = ice->selected_pair();
        out.local_candidate = std::move(local);
        out.remote_candidate = std::move(remote);
        return out;
    }

  private:
    Result<> build(const Offer& offer, const std::vector<OutgoingStream>& streams) {
        if (auto made = make_webrtcbin(offer); !made) return made;
        g_object_set(webrtcbin_, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
        // Sender reports map RTP time to the time of capture, not of sending, or sound and picture drift
        // apart by what each waited here.
        const auto rtpbin = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_), "rtpbin"));
        if (rtpbin) g_object_set(rtpbin.get(), "rtcp-sync-send-time", FALSE, nullptr);
        connect(webrtcbin_, "notify::connection-state", G_CALLBACK(on_connection_state), negotiation_);
        connect(webrtcbin_, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state), negotiation_);
        for (const OutgoingStream& stream : streams) {
            if (auto added = add(stream, offer.media[stream.choice.section]); !added) return added.error();
        }
        if (!pipeline_.play())
            return Error{Code::internal, "webrtcbin does not start; is libnice's plugin installed?"};
        return ok();
    }

    /// With an agent of ours where viewers share a port. Two lite agents would wait for each other.
    Result<> make_webrtcbin(const Offer& offer) {
        auto ports = ice::open_local_ports(settings_);
        if (!ports) return ports.error();
        const bool shares_ports = (ports->udp || ports->tcp) && !offer.ice_lite;
        if (shares_ports) {
            const auto lite = std::make_shared<LiteIceAgent>(
                std::move(*ports), local_addresses(settings_, viewer_is_local_), pipeline_.hold());
            // webrtcbin gives back a reference that it does not take (up to 1.26).
            g_object_ref(lite->object());
            const auto made = Ref<GstElement>::sink(gst_element_factory_make_full(
                "webrtcbin", "name", "webrtc", "ice-agent", lite->object(), nullptr));
            webrtcbin_ = made.get();
            if (made) pipeline_.add(made);
            ice_ = lite;
        } else {
            webrtcbin_ = pipeline_.make("webrtcbin", "webrtc");
        }
        if (webrtcbin_ == nullptr)
            return Error{Code::unavailable,
                         "GStreamer's webrtcbin is not installed (gstreamer1.0-plugins-bad)"};
        return ok();
    }

    Result<> add(const OutgoingStream& stream, const OfferedMedia& media) {
        const std::size_t index = sources_.size();
        GstElement* source = pipeline_.make("appsrc");
        if (source == nullptr) return Error{Code::unavailable, "GStreamer's appsrc is not installed"};
        const auto caps = caps_of(stream, media);
        // Without a limit of its own: the sender looks at the level first, and drops whole pictures.
        g_object_set(source, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-bytes", guint64{0}, "caps",
                     caps.get(), nullptr);
        sources_.push_back(source);

        const std::string pad_name = fmt::format("sink_{}", index);
        const auto sink = Ref<GstPad>::adopt(gst_element_request_pad_simple(webrtcbin_, pad_name.c_str()));
        const auto src = Ref<GstPad>::adopt(gst_element_get_static_pad(source, "src"));
        if (!sink || gst_pad_link(src.get(), sink.get()) != GST_PAD_LINK_OK)
            return Error{Code::internal, "webrtcbin gives no pad"};
        // One stream for sound and picture, so that viewers play them in step.
        g_object_set(sink.get(), "msid", std::string(media_stream_id).c_str(), nullptr);
        set_up_transceiver(sink.get(), stream.choice.codec, caps.get());
        watch_keyframe_requests(src.get(), index);
        return ok();
    }

    static void set_up_transceiver(GstPad* pad, const OfferedCodec& codec, GstCaps* caps) {
        GstWebRTCRTPTransceiver* raw = nullptr;
        g_object_get(pad, "transceiver", &raw, nullptr);
        const auto transceiver = Ref<GstWebRTCRTPTransceiver>::adopt(raw);
        const bool retransmits = codec.rtx.has_value() && codec.nack;
        g_object_set(transceiver.get(), "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "do-nack",
                     static_cast<gboolean>(retransmits), "codec-preferences", caps, nullptr);
    }

    /// PLI and FIR come up as GstForceKeyUnit. They end here: who answers them is no business of appsrc.
    void watch_keyframe_requests(GstPad* pad, std::size_t stream) {
        struct Watch {
            NegotiationPtr negotiation;
            std::size_t stream;
        };
        gst_pad_add_probe(
            pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
            [](GstPad*, GstPadProbeInfo* info, gpointer data) {
                if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)) == FALSE)
                    return GST_PAD_PROBE_OK;
                const auto* watch = static_cast<Watch*>(data);
                watch->negotiation->keyframe_wanted(watch->stream);
                return GST_PAD_PROBE_DROP;
            },
            keep(Watch{negotiation_, stream}), drop<Watch>);
    }

    void on_message(GstMessage* message) {
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR || !negotiation_) return;
        negotiation_->fail(fmt::format("webrtcbin: {}", error_text(message)));
    }

    const Settings& settings_;
    const bool viewer_is_local_;
    TransportEvents events_;

    Pipeline pipeline_;
    GstElement* webrtcbin_ = nullptr;  // held by the pipeline
    std::shared_ptr<IceAgent> ice_;    // until the negotiation begins
    std::vector<GstElement*> sources_;

    NegotiationPtr negotiation_;
    std::atomic<std::uint64_t> packets_queued_{0};
};

}  // namespace

std::shared_ptr<Transport> make_webrtcbin_transport(TransportContext context) {
    return std::make_shared<WebrtcbinTransport>(std::move(context));
}

}  // namespace rill::webrtc
