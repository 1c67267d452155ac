#include "mediamtx.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace rill::config {
namespace {

using Fate = ForeignKey::Fate;

constexpr std::string_view use_hook =
    "this key of old versions is not read; write authMethod: http and authHTTPAddress";
constexpr std::string_view use_users =
    "this key of old versions is not read; write who may read and publish to authInternalUsers";

struct Row {
    std::string_view key;
    ForeignKey is;
};

constexpr ForeignKey renamed(std::string_view name) {
    return {Fate::renamed, name};
}
constexpr ForeignKey inverted(std::string_view name) {
    return {Fate::inverted, name};
}
constexpr ForeignKey refused(std::string_view reason) {
    return {.fate = Fate::refused, .reason = reason};
}
constexpr ForeignKey no_effect{.fate = Fate::no_effect};

constexpr auto global_rows = std::to_array<Row>({
    {"readBufferCount", renamed("writeQueueSize")},
    {"rtspUDPReadBufferSize", renamed("udpReadBufferSize")},
    {"apiAllowOrigin", renamed("apiAllowOrigins")},
    {"metricsAllowOrigin", renamed("metricsAllowOrigins")},
    {"playbackAllowOrigin", renamed("playbackAllowOrigins")},
    {"hlsAllowOrigin", renamed("hlsAllowOrigins")},
    {"webrtcAllowOrigin", renamed("webrtcAllowOrigins")},
    {"webrtcICEUDPMuxAddress", renamed("webrtcLocalUDPAddress")},
    {"webrtcICETCPMuxAddress", renamed("webrtcLocalTCPAddress")},
    {"webrtcICEHostNAT1To1IPs", renamed("webrtcAdditionalHosts")},
    {"webrtcICEServers", {Fate::servers, "webrtcICEServers2"}},
    {"protocols", renamed("rtspTransports")},
    {"encryption", renamed("rtspEncryption")},
    {"serverKey", renamed("rtspServerKey")},
    {"serverCert", renamed("rtspServerCert")},
    {"authMethods", renamed("rtspAuthMethods")},
    {"hlsDisable", inverted("hls")},
    {"webrtcDisable", inverted("webrtc")},
    {"rtspDisable", inverted("rtsp")},
    {"rtmpDisable", inverted("rtmp")},
    {"externalAuthenticationURL", refused(use_hook)},
    {"authHTTPFingerprint", no_effect},
    {"authJWTJWKSFingerprint", no_effect},
    {"authJWTInHTTPQuery", no_effect},
    {"dumpPackets", no_effect},
    {"runOnConnect", no_effect},
    {"runOnConnectRestart", no_effect},
    {"runOnDisconnect", no_effect},
    {"hlsCDNSecret", no_effect},
    {"webrtcTrackGatherTimeout", no_effect},
    {"rtsp", no_effect},
    {"rtspTransports", no_effect},
    {"rtspEncryption", no_effect},
    {"rtspAddress", no_effect},
    {"rtspsAddress", no_effect},
    {"rtspServerKey", no_effect},
    {"rtspServerCert", no_effect},
    {"rtspAuthMethods", no_effect},
    {"rtspTrustedProxies", no_effect},
    {"rtpAddress", no_effect},
    {"rtcpAddress", no_effect},
    {"srtpAddress", no_effect},
    {"srtcpAddress", no_effect},
});

/// Of services that MediaMTX has as we do, whose module is not installed.
constexpr std::array<std::string_view, 5> services = {"api", "metrics", "playback", "hls", "webrtc"};
constexpr std::array<std::string_view, 5> of_services = {"Address", "Encryption", "ServerKey", "ServerCert",
                                                         "TrustedProxies"};

constexpr auto path_rows = std::to_array<Row>({
    {"sourceProtocol", renamed("rtspTransport")},
    {"sourceAnyPortEnable", renamed("rtspAnyPort")},
    {"disablePublisherOverride", inverted("overridePublisher")},
    {"runOnReady", renamed("runOnAvailable")},
    {"runOnReadyRestart", renamed("runOnAvailableRestart")},
    {"runOnNotReady", renamed("runOnUnavailable")},
    {"publishUser", refused(use_users)},
    {"publishPass", refused(use_users)},
    {"publishIPs", refused(use_users)},
    {"readUser", refused(use_users)},
    {"readPass", refused(use_users)},
    {"readIPs", refused(use_users)},
    {"srtReadPassphrase", no_effect},
    {"srtPublishPassphrase", no_effect},
    {"rtspAnyPort", no_effect},
    {"rtspRangeType", no_effect},
    {"rtspRangeStart", no_effect},
    {"rtspScale", no_effect},
    {"rtspUDPSourcePortRange", no_effect},
    {"rtspDemuxMpegts", no_effect},
    {"rtpSDP", no_effect},
    {"sourceRedirect", no_effect},
    {"overridePublisher", no_effect},
    {"useAbsoluteTimestamp", no_effect},
    {"forward", no_effect},
    {"fallback", no_effect},
    {"runOnDemand", no_effect},
    {"runOnDemandRestart", no_effect},
    {"runOnDemandStartTimeout", no_effect},
    {"runOnDemandCloseAfter", no_effect},
    {"runOnUnDemand", no_effect},
});

/// Protocols and machines that Rill does not serve: every key that begins with the word.
constexpr std::array<std::string_view, 6> global_families = {"moq",  "multicast", "pprof",
                                                             "rtmp", "rtmps",     "srt"};
constexpr std::array<std::string_view, 3> path_families = {"moq", "rpiCamera", "whep"};

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_of_family(std::string_view key, std::string_view family) {
    return key.starts_with(family) && (key.size() == family.size() || is_upper(key[family.size()]));
}

template <class Rows>
const Row* find(const Rows& rows, std::string_view key) {
    const auto found = std::ranges::find(rows, key, &Row::key);
    return found == rows.end() ? nullptr : &*found;
}

template <class Rows>
std::string_view find_lower_case(const Rows& rows, const std::string& lower_case) {
    const auto found =
        std::ranges::find_if(rows, [&](const Row& row) { return to_lower(row.key) == lower_case; });
    return found == rows.end() ? "" : found->key;
}

bool is_of_service(std::string_view key) {
    const auto service = std::ranges::find_if(services, [key](auto id) { return key.starts_with(id); });
    return service != services.end() &&
           std::ranges::find(of_services, key.substr(service->size())) != of_services.end();
}

/// "stun:host:port", or "turn:user:password:host:port".
Node ice_server(const Node& text) {
    std::vector<std::string> parts(1);
    for (const char c : text.text) {
        if (c == ':') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    const auto field = [&text](const char* name, std::string value) {
        Entry entry{name, text.line, text};
        entry.value.quoted = true;
        entry.value.text = std::move(value);
        return entry;
    };
    Node server;
    server.kind = Node::Kind::mapping;
    server.line = text.line;
    if (parts.size() != 5) {
        server.entries.push_back(field("url", text.text));
        return server;
    }
    server.entries.push_back(field("url", parts[0] + ":" + parts[3] + ":" + parts[4]));
    server.entries.push_back(field("username", parts[1]));
    server.entries.push_back(field("password", parts[2]));
    return server;
}

}  // namespace

ForeignKey foreign_key(std::string_view name, Scope scope) {
    const bool is_global = scope == Scope::global;
    if (const Row* const row = is_global ? find(global_rows, name) : find(path_rows, name)) return row->is;
    const auto is_in = [name](std::string_view family) { return is_of_family(name, family); };
    if (is_global ? std::ranges::any_of(global_families, is_in) : std::ranges::any_of(path_families, is_in))
        return no_effect;
    return is_global && is_of_service(name) ? no_effect : ForeignKey{};
}

std::string_view foreign_key_ignoring_case(std::string_view name, Scope scope) {
    const std::string lower_case = to_lower(name);
    return scope == Scope::global ? find_lower_case(global_rows, lower_case)
                                  : find_lower_case(path_rows, lower_case);
}

bool is_harmless(const Node& value) {
    if (value.kind == Node::Kind::sequence) return value.items.empty();
    if (value.kind == Node::Kind::mapping) return value.entries.empty();
    const std::string text = to_lower(value.text);
    return value.is_null() || text.empty() || text == "no" || text == "false" || text == "internal";
}

Node translated(const ForeignKey& key, Node value) {
    if (key.fate == Fate::inverted && value.kind == Node::Kind::scalar) {
        const std::string text = to_lower(value.text);
        if (text == "yes" || text == "true") {
            value.text = "no";
        } else if (text == "no" || text == "false") {
            value.text = "yes";
        }
    }
    if (key.fate == Fate::servers) {
        for (Node& item : value.items) {
            if (item.kind == Node::Kind::scalar) item = ice_server(item);
        }
    }
    return value;
}

}  // namespace rill::config
