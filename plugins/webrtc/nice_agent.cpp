#include "nice_agent.hpp"

#include "description.hpp"
#include "local_addresses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nice/agent.h>
#include <string_view>

namespace rill {

template <>
struct Free<NiceCandidate> {
    void operator()(NiceCandidate* handle) const { nice_candidate_free(handle); }
};

}  // namespace rill

namespace rill::webrtc {

namespace {

// webrtcbin with max-bundle has one stream, and rtcp-mux leaves it one component.
constexpr guint stream_id = 1;
constexpr guint component_id = NICE_COMPONENT_TYPE_RTP;

/// "turn:host:3478?transport=udp" with its credentials, as webrtcbin wants it:
/// "turn://user:password@host:3478?transport=udp".
std::string with_credentials(const IceServer& server) {
    const std::size_t colon = server.url.find(':');
    const std::string scheme = server.url.substr(0, colon);
    const std::string rest = server.url.substr(colon + 1);
    if (server.username.empty()) return fmt::format("{}://{}", scheme, rest);
    const Owned<char> user(g_uri_escape_string(server.username.c_str(), nullptr, FALSE));
    const Owned<char> password(g_uri_escape_string(server.password.c_str(), nullptr, FALSE));
    return fmt::format("{}://{}:{}@{}", scheme, user.get(), password.get(), rest);
}

void add_servers(GstElement* webrtcbin, const Settings& settings) {
    for (const IceServer& server : settings.ice_servers) {
        if (server.client_only) continue;
        const std::string url = with_credentials(server);
        if (server.url.starts_with("stun")) {
            g_object_set(webrtcbin, "stun-server", url.c_str(), nullptr);
        } else {
            gboolean added = FALSE;
            g_signal_emit_by_name(webrtcbin, "add-turn-server", url.c_str(), &added);
        }
    }
}

std::string_view type_of(const NiceCandidate& candidate) {
    switch (candidate.type) {
        case NICE_CANDIDATE_TYPE_HOST:
            return "host";
        case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
            return "srflx";
        case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
            return "prflx";
        case NICE_CANDIDATE_TYPE_RELAYED:
            return "relay";
    }
    return "unknown";
}

std::string describe(const NiceCandidate& candidate) {
    char address[NICE_ADDRESS_STRING_LEN] = "";
    nice_address_to_string(&candidate.addr, address);
    return fmt::format("{}/{}/{}/{}", type_of(candidate),
                       candidate.transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp", address,
                       nice_address_get_port(&candidate.addr));
}

NiceAgent* nice(const Ref<GObject>& agent) {
    return reinterpret_cast<NiceAgent*>(agent.get());
}

}  // namespace

NiceIceAgent::NiceIceAgent(GstElement* webrtcbin, const Settings& settings, bool viewer_is_local) {
    GstObject* raw = nullptr;
    g_object_get(webrtcbin, "ice-agent", &raw, nullptr);
    const auto ice = Ref<GstObject>::adopt(raw);
    GObject* agent = nullptr;
    g_object_get(ice.get(), "agent", &agent, nullptr);
    agent_ = Ref<GObject>::adopt(agent);

    // UPnP would open HTTP listeners on the LAN and a thread per viewer; TCP candidates two sockets per
    // address. Checks at 5 ms, the least that RFC 8445 §14.2 allows, not at libnice's 20: a viewer's
    // connection takes several, one after the other.
    g_object_set(agent_.get(), "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", 5u, nullptr);
    if (settings.minimum_port != 0)
        g_object_set(ice.get(), "min-rtp-port", static_cast<guint>(settings.minimum_port), "max-rtp-port",
                     static_cast<guint>(settings.maximum_port), nullptr);
    for (const std::string& address : local_addresses(settings, viewer_is_local)) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    add_servers(webrtcbin, settings);
}

std::vector<std::string> NiceIceAgent::local_candidates() const {
    struct Found {
        guint32 priority;
        std::string text;
    };
    std::vector<Found> found;
    GSList* list = nice_agent_get_local_candidates(nice(agent_), stream_id, component_id);
    for (GSList* at = list; at != nullptr; at = at->next) {
        const Owned<NiceCandidate> candidate(static_cast<NiceCandidate*>(at->data));
        const Owned<char> line(nice_agent_generate_local_candidate_sdp(nice(agent_), candidate.get()));
        if (!line) continue;
        std::string_view text = line.get();
        if (text.starts_with("a=")) text.remove_prefix(2);
        found.push_back({candidate->priority, std::string(text)});
    }
    g_slist_free(list);
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.priority > b.priority; });
    std::vector<std::string> result;
    result.reserve(found.size());
    for (Found& candidate : found)
        result.push_back(std::move(candidate.text));
    return result;
}

IceAgent::Pair NiceIceAgent::selected_pair() const {
    // The agent's own, until ICE is restarted.
    NiceCandidate* local = nullptr;
    NiceCandidate* remote = nullptr;
    if (nice_agent_get_selected_pair(nice(agent_), stream_id, component_id, &local, &remote) == FALSE)
        return {};
    return {describe(*local), describe(*remote)};
}

Result<RestartedIce> NiceIceAgent::restart(const CandidateFragment& fragment) {
    if (nice_agent_restart_stream(nice(agent_), stream_id) == FALSE)
        return Error{Code::unavailable, "ICE cannot be restarted before it has started"};
    Owned<char> ufrag;
    Owned<char> password;
    nice_agent_get_local_credentials(nice(agent_), stream_id, out(ufrag), out(password));
    nice_agent_set_remote_credentials(nice(agent_), stream_id, fragment.ufrag.c_str(),
                                      fragment.password.c_str());

    GSList* remote = nullptr;
    std::vector<Owned<NiceCandidate>> owned;
    for (const std::string& line : fragment.candidates) {
        if (!has_numeric_address(line)) continue;
        Owned<NiceCandidate> candidate(
            nice_agent_parse_remote_candidate_sdp(nice(agent_), stream_id, ("a=" + line).c_str()));
        if (!candidate) continue;
        remote = g_slist_append(remote, candidate.get());
        owned.push_back(std::move(candidate));
    }
    if (remote != nullptr) nice_agent_set_remote_candidates(nice(agent_), stream_id, component_id, remote);
    g_slist_free(remote);
    return RestartedIce{ufrag ? ufrag.get() : "", password ? password.get() : "", local_candidates()};
}

}  // namespace rill::webrtc
