#include "settings.hpp"

#include "ice/address.hpp"
#include "sdp_line.hpp"

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <array>

namespace rill::webrtc {

namespace {

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, POST, PATCH, DELETE",
                                     .request_headers = "Authorization, Content-Type, If-Match",
                                     .exposed_headers = "ETag, ID, Accept-Patch, Link, Location",
                                     .credentials = true};

constexpr std::array<Option, 4> ice_server_fields{{
    {.name = "url",
     .type = Type::text,
     .fallback = "",
     .doc = "stun:host:port, turn:host:port or turns:host:port.",
     .required = true},
    {.name = "username", .type = Type::text, .fallback = "", .doc = "User of a TURN server."},
    {.name = "password",
     .type = Type::text,
     .fallback = "",
     .doc = "Password of a TURN server.",
     .secret = true},
    {.name = "clientOnly",
     .type = Type::boolean,
     .fallback = "no",
     .doc = "Only viewers are told of it; the server does not use it itself."},
}};

constexpr std::array<std::string_view, 3> picture_codecs{"h264", "vp8", "vp9"};

constexpr std::array<Option, 11> table{{
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "Origins whose pages may watch (CORS); * is every origin."},
    {.name = "localUDPAddress",
     .type = Type::text,
     .fallback = ":8189",
     .doc =
         "The UDP port that the media of all viewers goes through. Empty: each viewer has ports of its own, "
         "as with webrtcPortRange and with ICE servers that the server uses itself."},
    {.name = "localTCPAddress",
     .type = Type::text,
     .fallback = "",
     .doc = "A TCP port for viewers whose networks let no UDP through, such as :8189. Empty: none."},
    {.name = "iCEServers2",
     .type = Type::records,
     .fallback = "",
     .doc = "STUN and TURN servers.",
     .fields = ice_server_fields},
    {.name = "additionalHosts",
     .type = Type::list,
     .fallback = "",
     .doc = "Further addresses or names under which viewers reach this machine (NAT 1:1, containers)."},
    {.name = "iPsFromInterfaces",
     .type = Type::boolean,
     .fallback = "yes",
     .doc = "Offer the addresses of the network interfaces to viewers."},
    {.name = "iPsFromInterfacesList",
     .type = Type::list,
     .fallback = "",
     .doc = "Only these interfaces, by name; empty: all but loopback."},
    {.name = "portRange",
     .type = Type::text,
     .fallback = "",
     .doc = "UDP ports for media, \"min-max\"; each viewer takes one on each address. Empty: "
            "webrtcLocalUDPAddress, or any port."},
    {.name = "handshakeTimeout",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How long ICE and DTLS with a viewer may take.",
     .minimum = 100,
     .maximum = 600'000},
    {.name = "sTUNGatherTimeout",
     .type = Type::duration,
     .fallback = "5s",
     .doc = "How long an answer waits for STUN and TURN servers.",
     .minimum = 0,
     .maximum = 60'000},
    {.name = "transcodeTo",
     .type = Type::choice,
     .fallback = "h264",
     .doc = "What viewers get who cannot take the camera's picture as it is; another of these where they do "
            "not offer it.",
     .choices = picture_codecs},
}};

Codec picture_codec(std::string_view name) {
    if (name == "vp8") return Codec::vp8;
    if (name == "vp9") return Codec::vp9;
    return Codec::h264;
}

Result<> read_port_range(const std::string& text, Settings& settings) {
    if (text.empty()) return ok();
    std::string_view rest = text;
    const auto minimum = parse_number<std::uint16_t>(take_word(rest, '-'));
    const auto maximum = parse_number<std::uint16_t>(rest);
    if (!minimum || !maximum || *minimum == 0 || *minimum > *maximum)
        return Error{
            Code::invalid_config,
            fmt::format("webrtcPortRange '{}' is not of the form 'min-max', such as 50000-50999", text)};
    settings.minimum_port = *minimum;
    settings.maximum_port = *maximum;
    return ok();
}

Result<std::string> read_address(const Options& options, std::string_view key, std::string_view name) {
    std::string text = options.text(key);
    if (text.empty() || ice::parse_listening(text)) return text;
    return Error{Code::invalid_config,
                 fmt::format("{} '{}' is not of the form ':port' or 'address:port'", name, text)};
}

bool has_ice_scheme(std::string_view url) {
    for (const std::string_view scheme : {"stun:", "stuns:", "turn:", "turns:"}) {
        if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
    }
    return false;
}

bool is_host(const std::string& text) {
    return g_hostname_is_ip_address(text.c_str()) != FALSE || is_token(text, 1, 253);
}

}  // namespace

std::span<const Option> option_table() {
    return table;
}

bool Settings::shares_ports() const {
    const bool uses_servers = std::any_of(ice_servers.begin(), ice_servers.end(),
                                          [](const IceServer& server) { return !server.client_only; });
    return !uses_servers && minimum_port == 0;
}

Result<Settings> read_settings(const Options& options) {
    Settings settings;
    settings.cors = http::Cors(options.list("allowOrigins"), cors_terms);
    auto udp = read_address(options, "localUDPAddress", "webrtcLocalUDPAddress");
    if (!udp) return udp.error();
    auto tcp = read_address(options, "localTCPAddress", "webrtcLocalTCPAddress");
    if (!tcp) return tcp.error();
    settings.local_udp_address = std::move(*udp);
    settings.local_tcp_address = std::move(*tcp);
    for (const Options& record : options.records("iCEServers2")) {
        IceServer server{record.text("url"), record.text("username"), record.text("password"),
                         record.boolean("clientOnly")};
        if (!has_ice_scheme(server.url))
            return Error{
                Code::invalid_config,
                fmt::format("webrtcICEServers2: '{}' is not a stun:, turn: or turns: URL", server.url)};
        settings.ice_servers.push_back(std::move(server));
    }
    settings.additional_hosts = options.list("additionalHosts");
    for (const std::string& host : settings.additional_hosts) {
        if (!is_host(host))
            return Error{Code::invalid_config,
                         fmt::format("webrtcAdditionalHosts: '{}' is not an address or a host name", host)};
    }
    settings.ips_from_interfaces = options.boolean("iPsFromInterfaces");
    settings.interfaces = options.list("iPsFromInterfacesList");
    using std::chrono::milliseconds;
    settings.handshake_timeout =
        std::chrono::duration_cast<milliseconds>(options.duration("handshakeTimeout"));
    settings.gather_timeout = std::chrono::duration_cast<milliseconds>(options.duration("sTUNGatherTimeout"));
    settings.transcode_to = picture_codec(options.text("transcodeTo"));
    if (auto done = read_port_range(options.text("portRange"), settings); !done) return done.error();
    if (!settings.ips_from_interfaces && settings.additional_hosts.empty())
        return Error{
            Code::invalid_config,
            "webrtcIPsFromInterfaces: no leaves viewers without an address; set webrtcAdditionalHosts"};
    return settings;
}

}  // namespace rill::webrtc
