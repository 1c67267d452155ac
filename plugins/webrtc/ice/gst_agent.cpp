#include "gst_agent.hpp"

#include "elements.hpp"

#include <rill/callback.hpp>

#include <gst/webrtc/icestream.h>
#include <gst/webrtc/icetransport.h>

#include <utility>

namespace rill::webrtc::ice {

namespace {

struct State {
    std::shared_ptr<Viewer> viewer;
    Ref<GstWebRTCICEStream> stream;
    // The transport has no references to its elements, and webrtcbin takes some only when it negotiates: the
    // viewer may be gone by then.
    Ref<GstElement> source, sink;
    Ref<GstWebRTCICETransport> transport;
};

struct Agent {
    GstWebRTCICE parent;
    State* state;
};
struct AgentClass {
    GstWebRTCICEClass parent;
};
gpointer agent_parent_class = nullptr;

State& state_of(gpointer agent) {
    return *static_cast<Agent*>(agent)->state;
}

void finalize(GObject* object) {
    delete reinterpret_cast<Agent*>(object)->state;
    G_OBJECT_CLASS(agent_parent_class)->finalize(object);
}

// max-bundle and rtcp-mux: there is one stream with one component, however often it is asked for.

GstWebRTCICEStream* add_stream(GstWebRTCICE* agent, guint) {
    return state_of(agent).stream.get();
}

GstWebRTCICETransport* find_transport(GstWebRTCICE* agent, GstWebRTCICEStream*, GstWebRTCICEComponent) {
    return Ref<GstWebRTCICETransport>(state_of(agent).transport).leak();
}

/// The candidates are known, and go into the answer without webrtcbin.
gboolean gather_candidates(GstWebRTCICE* agent, GstWebRTCICEStream*) {
    GstWebRTCICETransport* const transport = state_of(agent).transport.get();
    gst_webrtc_ice_transport_gathering_state_change(transport, GST_WEBRTC_ICE_GATHERING_STATE_GATHERING);
    gst_webrtc_ice_transport_gathering_state_change(transport, GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE);
    return TRUE;
}

#if GST_CHECK_VERSION(1, 23, 0)
void add_candidate(GstWebRTCICE* agent, GstWebRTCICEStream*, const gchar* candidate, GstPromise* promise) {
    if (candidate != nullptr) state_of(agent).viewer->note_remote(candidate);
    if (promise != nullptr) gst_promise_reply(promise, nullptr);
}
#else
void add_candidate(GstWebRTCICE* agent, GstWebRTCICEStream*, const gchar* candidate) {
    if (candidate != nullptr) state_of(agent).viewer->note_remote(candidate);
}
#endif

gboolean set_local_credentials(GstWebRTCICE* agent, GstWebRTCICEStream*, const gchar* ufrag,
                               const gchar* password) {
    state_of(agent).viewer->add({ufrag, password});
    return TRUE;
}

gboolean set_remote_credentials(GstWebRTCICE* agent, GstWebRTCICEStream*, const gchar* ufrag,
                                const gchar* password) {
    state_of(agent).viewer->set_remote({ufrag, password});
    return TRUE;
}

void agent_class_init(gpointer klass, gpointer) {
    agent_parent_class = g_type_class_peek_parent(klass);
    G_OBJECT_CLASS(klass)->finalize = finalize;
    auto* const ice = static_cast<GstWebRTCICEClass*>(klass);
    ice->add_stream = add_stream;
    ice->find_transport = find_transport;
    ice->gather_candidates = gather_candidates;
    ice->add_candidate = add_candidate;
    ice->set_local_credentials = set_local_credentials;
    ice->set_remote_credentials = set_remote_credentials;
    // What is not for one who is found, and does not look. The base class wants all of them.
    ice->add_turn_server = [](GstWebRTCICE*, const gchar*) -> gboolean { return FALSE; };
    ice->set_is_controller = [](GstWebRTCICE*, gboolean) {};
    ice->get_is_controller = [](GstWebRTCICE*) -> gboolean { return FALSE; };
    ice->set_force_relay = [](GstWebRTCICE*, gboolean) {};
    ice->set_stun_server = ice->set_turn_server = ice->set_http_proxy = [](GstWebRTCICE*, const gchar*) {};
    ice->get_stun_server = ice->get_turn_server =
        ice->get_http_proxy = [](GstWebRTCICE*) -> gchar* { return nullptr; };
    ice->set_tos = [](GstWebRTCICE*, GstWebRTCICEStream*, guint) {};
    ice->set_on_ice_candidate = [](GstWebRTCICE*, GstWebRTCICEOnCandidateFunc, gpointer data,
                                   GDestroyNotify notify) {
        if (notify != nullptr) notify(data);
    };
    ice->get_local_candidates = ice->get_remote_candidates = [](GstWebRTCICE*, GstWebRTCICEStream*) {
        return g_new0(GstWebRTCICECandidateStats*, 1);
    };
    ice->get_selected_pair = [](GstWebRTCICE*, GstWebRTCICEStream*, GstWebRTCICECandidateStats**,
                                GstWebRTCICECandidateStats**) -> gboolean { return FALSE; };
}

void agent_init(GTypeInstance* instance, gpointer) {
    reinterpret_cast<Agent*>(instance)->state = new State;
}

GType register_agent() {
    GTypeInfo info{};
    info.class_size = sizeof(AgentClass);
    info.class_init = agent_class_init;
    info.instance_size = sizeof(Agent);
    info.instance_init = agent_init;
    return g_type_register_static(GST_TYPE_WEBRTC_ICE, "RillIceAgent", &info, G_TYPE_FLAG_NONE);
}

/// The base classes are abstract, and have all that is needed.
template <class Class, class Instance>
GType register_as_it_is(GType base, const char* name) {
    GTypeInfo info{};
    info.class_size = sizeof(Class);
    info.instance_size = sizeof(Instance);
    return g_type_register_static(base, name, &info, G_TYPE_FLAG_NONE);
}

template <class T>
Ref<T> make(GType type, const char* property = nullptr, int value = 0) {
    return Ref<T>::sink(static_cast<T*>(g_object_new(type, property, value, nullptr)));
}

Peer::Events events_of(const Ref<GstWebRTCICETransport>& transport, const Ref<GstElement>& source,
                       const Ref<GstElement>& sink, std::weak_ptr<void> hold) {
    struct Connected {
        Ref<GstWebRTCICETransport> transport;
        std::shared_ptr<void> hold;
    };
    Peer::Events events;
    // DTLS begins with it, which is nothing for the thread that receives for all viewers.
    //
    // webrtcbin's bins listen to the transport by pointers that they do not hold, until they are freed (up to
    // 1.26.2), and start an element. So neither freeing nor a change of state may come in between.
    events.connected = [transport, sink, hold = std::move(hold)] {
        auto held = hold.lock();
        if (!held) return;
        gst_element_call_async(
            sink.get(),
            [](GstElement*, gpointer connected) {
                gst_webrtc_ice_transport_connection_state_change(kept<Connected>(connected).transport.get(),
                                                                 GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED);
            },
            keep(Connected{transport, std::move(held)}), drop<Connected>);
    };
    events.received = [source](Packet packet) { push(source.get(), packet); };
    return events;
}

}  // namespace

GstAgent make_gst_agent(LocalPorts ports, std::vector<std::string> addresses, std::weak_ptr<void> hold) {
    static const GType agent_type = register_agent();
    static const GType stream_type = register_as_it_is<GstWebRTCICEStreamClass, GstWebRTCICEStream>(
        GST_TYPE_WEBRTC_ICE_STREAM, "RillIceStream");
    static const GType transport_type = register_as_it_is<GstWebRTCICETransportClass, GstWebRTCICETransport>(
        GST_TYPE_WEBRTC_ICE_TRANSPORT, "RillIceTransport");
    GstAgent agent;
    agent.object = make<GstWebRTCICE>(agent_type);
    State& state = state_of(agent.object.get());
    state.stream = make<GstWebRTCICEStream>(stream_type);
    state.transport = make<GstWebRTCICETransport>(transport_type, "component", GST_WEBRTC_ICE_COMPONENT_RTP);
    state.source = make_source();
    state.sink = make_sink();
    agent.viewer =
        std::make_shared<Viewer>(std::move(ports), std::move(addresses),
                                 events_of(state.transport, state.source, state.sink, std::move(hold)));
    set_peer(state.sink.get(), agent.viewer->peer());
    state.transport->role = GST_WEBRTC_ICE_ROLE_CONTROLLED;
    state.transport->src = state.source.get();
    state.transport->sink = state.sink.get();
    state.viewer = agent.viewer;
    return agent;
}

}  // namespace rill::webrtc::ice
