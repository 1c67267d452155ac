#include "mediamtx_sessions.hpp"

#include "mediamtx_item.hpp"
#include "page.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace rill::api {
namespace {

constexpr auto kinds = std::to_array<SessionKind>({
    {"/v3/hlssessions/", "hlsSession"},
    {"/v3/webrtcsessions/", "webRTCSession"},
    // Rill serves no RTSP: its lists are there, and empty.
    {"/v3/rtspconns/", "", false},
    {"/v3/rtspsconns/", "", false},
    {"/v3/rtspsessions/", ""},
    {"/v3/rtspssessions/", ""},
});

constexpr auto secrets = std::to_array<std::string_view>({"token", "jwt", "pass", "password"});

/// A session with the path that it reads.
struct Found {
    std::string path;
    ReaderStatus reader;
};

std::vector<Found> sessions_of(const Hub& hub, std::string_view session) {
    std::vector<Found> found;
    if (session.empty()) return found;
    for (const std::string& name : hub.names()) {
        const auto status = hub.status(name);
        if (!status) continue;
        for (const ReaderStatus& reader : status->readers) {
            if (reader.session == session) found.push_back({name, reader});
        }
    }
    std::ranges::stable_sort(found, {}, [](const Found& each) { return each.reader.since_us; });
    return found;
}

/// What is zero unless the session's own module knows better.
Json webrtc_numbers() {
    return Json::object()
        .set("peerConnectionEstablished", false)
        .set("localCandidate", "")
        .set("remoteCandidate", "")
        .set("inboundBytes", 0)
        .set("inboundRTPPackets", 0)
        .set("inboundRTPPacketsLost", 0)
        .set("inboundRTPPacketsJitter", 0)
        .set("inboundRTCPPackets", 0)
        .set("outboundRTPPackets", 0)
        .set("outboundRTCPPackets", 0);
}

/// The older names of the same numbers.
void set_older_names(Json& out) {
    constexpr auto names = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"bytesReceived", "inboundBytes"},
        {"bytesSent", "outboundBytes"},
        {"rtpPacketsReceived", "inboundRTPPackets"},
        {"rtpPacketsSent", "outboundRTPPackets"},
        {"rtpPacketsLost", "inboundRTPPacketsLost"},
        {"rtpPacketsJitter", "inboundRTPPacketsJitter"},
        {"rtcpPacketsReceived", "inboundRTCPPackets"},
        {"rtcpPacketsSent", "outboundRTCPPackets"},
    });
    for (const auto& [older, name] : names)
        out.set(older, Json(out[name]));
}

Json to_json(const Found& session) {
    const ReaderStatus& reader = session.reader;
    Json out = Json::object()
                   .set("id", reader.id)
                   .set("created", rfc3339(reader.since_us))
                   .set("remoteAddr", reader.remote)
                   .set("path", session.path)
                   .set("query", without_secrets(reader.query))
                   .set("user", reader.user)
                   .set("userAgent", reader.user_agent)
                   .set("outboundBytes", reader.bytes_sent);
    if (reader.session != "webRTCSession") return std::move(out).set("isCDN", false);
    out.set("state", "read").set("outboundFramesDiscarded", reader.units_dropped);
    const Json numbers = webrtc_numbers();
    for (const auto& [name, value] : numbers.members())
        out.set(name, value);
    if (reader.details) {
        const Json details = reader.details->read();
        for (const auto& [name, value] : details.members())
            out.set(name, value);
    }
    set_older_names(out);
    return out;
}

std::optional<Found> find(const Hub& hub, const SessionKind& kind, const std::string& id) {
    auto all = sessions_of(hub, kind.session);
    const auto found = std::ranges::find(all, id, [](const Found& each) { return each.reader.id; });
    if (found == all.end()) return std::nullopt;
    return std::move(*found);
}

Error no_session(const std::string& id) {
    return {Code::not_found, fmt::format("there is no session '{}'", id)};
}

void kick(const Asked& asked, Hub& hub, const SessionKind& kind, const std::string& id) {
    if (asked.request().method != "POST") return asked.refuse_method("POST");
    const auto session = find(hub, kind, id);
    if (!session) return asked.fail(no_session(id));
    hub.end_reader(session->path, id, "ended by request", [asked](const Result<>& ended) {
        if (!ended) return asked.fail(ended.error());
        asked.respond(Json::object().set("status", "ok"));
    });
}

/// A sink's own count; 0 when it counts no such thing.
std::uint64_t counter(const SinkStatus& sink, std::string_view name) {
    if (!sink.counters) return 0;
    const auto all = sink.counters->read();
    const auto found = std::ranges::find(all, name, &SinkCounter::name);
    return found == all.end() ? 0 : found->value;
}

std::string time_of(std::uint64_t seconds) {
    return rfc3339(static_cast<std::int64_t>(seconds) * 1'000'000);
}

/// Empty: the path has no muxer now.
std::optional<Json> muxer_of(const PathStatus& path) {
    const auto sink = std::ranges::find(path.sinks, "hls", &SinkStatus::id);
    if (sink == path.sinks.end() || counter(*sink, "muxers") == 0) return std::nullopt;
    const std::uint64_t sent = counter(*sink, "sent_bytes_total");
    return Json::object()
        .set("path", path.name)
        .set("created", time_of(counter(*sink, "muxer_created_seconds")))
        .set("lastRequest", time_of(counter(*sink, "muxer_last_request_seconds")))
        .set("outboundBytes", sent)
        .set("outboundFramesDiscarded", 0)
        .set("bytesSent", sent);
}

}  // namespace

std::span<const SessionKind> session_kinds() {
    return kinds;
}

std::string without_secrets(std::string_view query) {
    std::string out;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        const std::string_view key = pair.substr(0, pair.find('='));
        const bool secret = std::ranges::find(secrets, key) != secrets.end();
        out += secret ? fmt::format("{}=***", key) : std::string(pair);
        query.remove_prefix(end);
        if (query.empty()) break;
        out += '&';
        query.remove_prefix(1);
    }
    return out;
}

void answer_mediamtx_sessions(const Asked& asked, Hub& hub, const SessionKind& kind,
                              const std::string& rest) {
    if (kind.can_kick) {
        if (const auto id = item_name(rest, "kick")) return kick(asked, hub, kind, *id);
    }
    const auto id = item_name(rest, "get");
    if (rest != "list" && !id) {
        return asked.respond(
            nothing_there(rest, kind.can_kick ? "list, get/<id> or kick/<id>" : "list or get/<id>"));
    }
    if (asked.request().method != "GET") return asked.refuse_method("GET");
    if (id) {
        const auto session = find(hub, kind, *id);
        return session ? asked.respond(to_json(*session)) : asked.fail(no_session(*id));
    }
    const auto page = Page::of(asked.request());
    if (!page) return asked.fail(page.error());
    asked.respond(page_of(sessions_of(hub, kind.session), *page, to_json));
}

http::Response answer_mediamtx_muxers(const http::Request& request, const Hub& hub, const std::string& rest) {
    const auto name = item_name(rest, "get");
    if (rest != "list" && !name) return nothing_there(rest, "list or get/<name>");
    if (request.method != "GET") return http::Response::method_not_allowed(request.method, "GET");
    if (name) {
        const auto status = hub.status(*name);
        const auto muxer = status ? muxer_of(*status) : std::nullopt;
        if (muxer) return http::Response::json(200, muxer->dump());
        return http::Response::error({Code::not_found, fmt::format("path '{}' has no HLS muxer now", *name)});
    }
    const auto page = Page::of(request);
    if (!page) return http::Response::error(page.error());
    std::vector<Json> muxers;
    for (const std::string& each : hub.names()) {
        const auto status = hub.status(each);
        auto muxer = status ? muxer_of(*status) : std::nullopt;
        if (muxer) muxers.push_back(std::move(*muxer));
    }
    return http::Response::json(200, page_of(muxers, *page, [](const Json& muxer) { return muxer; }).dump());
}

}  // namespace rill::api
