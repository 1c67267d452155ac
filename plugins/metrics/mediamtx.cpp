#include "mediamtx.hpp"

#include <rill/http_query.hpp>
#include <rill/sink.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace rill::metrics {

namespace {

/// A number of an item, by its name behind that of the kind.
struct Field {
    std::string_view name;
    std::string_view older;  ///< MediaMTX's name for the same until v1.12; empty: there was none
    std::string_view type = "counter";
};

/// A kind of item: "webrtc_sessions", and "webrtc_session" as the key of a filter.
struct Kind {
    std::string_view name;
    std::string_view key;
    std::span<const Field> fields;
};

constexpr auto path_fields = std::to_array<Field>({
    {"inbound_bytes", "bytes_received"},
    {"outbound_bytes", "bytes_sent"},
    {"inbound_frames_in_error", ""},
});
constexpr auto forward_fields = std::to_array<Field>({{"outbound_bytes", ""}});
constexpr auto hls_session_fields = std::to_array<Field>({{"outbound_bytes", ""}});
constexpr auto muxer_fields =
    std::to_array<Field>({{"outbound_bytes", "bytes_sent"}, {"outbound_frames_discarded", ""}});
constexpr auto conn_fields =
    std::to_array<Field>({{"inbound_bytes", "bytes_received"}, {"outbound_bytes", "bytes_sent"}});
constexpr auto rtsp_session_fields = std::to_array<Field>({
    {"inbound_bytes", "bytes_received"},
    {"inbound_rtp_packets", "rtp_packets_received"},
    {"inbound_rtp_packets_lost", "rtp_packets_lost"},
    {"inbound_rtp_packets_in_error", "rtp_packets_in_error"},
    {"inbound_rtp_packets_jitter", "rtp_packets_jitter", "gauge"},
    {"inbound_rtcp_packets", "rtcp_packets_received"},
    {"inbound_rtcp_packets_in_error", "rtcp_packets_in_error"},
    {"outbound_bytes", "bytes_sent"},
    {"outbound_rtp_packets", "rtp_packets_sent"},
    {"outbound_rtp_packets_reported_lost", ""},
    {"outbound_rtp_packets_discarded", ""},
    {"outbound_rtcp_packets", "rtcp_packets_sent"},
});
constexpr auto webrtc_fields = std::to_array<Field>({
    {"inbound_bytes", "bytes_received"},
    {"inbound_rtp_packets", "rtp_packets_received"},
    {"inbound_rtp_packets_lost", "rtp_packets_lost"},
    {"inbound_rtp_packets_jitter", "rtp_packets_jitter", "gauge"},
    {"inbound_rtcp_packets", "rtcp_packets_received"},
    {"outbound_bytes", "bytes_sent"},
    {"outbound_rtp_packets", "rtp_packets_sent"},
    {"outbound_rtcp_packets", "rtcp_packets_sent"},
    {"outbound_frames_discarded", ""},
});

constexpr Kind path_kind{"paths", "", path_fields};
constexpr Kind hls_sessions{"hls_sessions", "hls_session", hls_session_fields};
constexpr Kind hls_muxers{"hls_muxers", "hls_muxer", muxer_fields};
constexpr Kind webrtc_sessions{"webrtc_sessions", "webrtc_session", webrtc_fields};
/// Rill has none of these: their lines are 0.
constexpr auto not_served = std::to_array<Kind>({
    {"forward_dests", "forward_dest", forward_fields},
    {"rtsp_conns", "rtsp_conn", conn_fields},
    {"rtsp_sessions", "rtsp_session", rtsp_session_fields},
    {"rtsps_conns", "rtsps_conn", conn_fields},
    {"rtsps_sessions", "rtsps_session", rtsp_session_fields},
});
/// Of servers that do not run, as MediaMTX has it then: no lines at all.
constexpr auto silent_types =
    std::to_array<std::string_view>({"rtmp_conns", "rtmps_conns", "srt_conns", "moq_sessions"});

struct Item {
    std::string labels;
    std::vector<std::uint64_t> values;  ///< in the order of the kind's fields
};

void append_kind(std::string& out, const Kind& kind, const std::vector<Item>& items) {
    const auto append = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        append_head(out, name, type, help);
        for (const Item& item : items)
            append_sample(out, name, item.labels, value(item));
        if (items.empty()) append_sample(out, name, "", 0);
    };
    append(kind.name, "gauge", "As MediaMTX has it.", [](const Item&) { return 1; });
    for (std::size_t at = 0; at < kind.fields.size(); ++at) {
        const Field& field = kind.fields[at];
        const auto value = [at](const Item& item) { return item.values[at]; };
        append(fmt::format("{}_{}", kind.name, field.name), field.type, "As MediaMTX has it.", value);
        if (field.older.empty()) continue;
        append(fmt::format("{}_{}", kind.name, field.older), field.type,
               fmt::format("The older name of {}_{}.", kind.name, field.name), value);
    }
}

std::string state_labels(const ScrapedPath& path) {
    return fmt::format("name=\"{}\",state=\"{}\"", path.name,
                       path.status->available_since_us != 0 ? "ready" : "notReady");
}

void append_path_kind(std::string& out, const ScrapedPaths& paths) {
    std::vector<Item> items;
    for (const auto& path : paths) {
        std::uint64_t in_error = 0;
        for (const TrackStatus& track : path.status->tracks)
            in_error += track.discontinuities;
        items.push_back(
            {state_labels(path), {path.status->inbound_bytes, path.status->outbound_bytes, in_error}});
    }
    append_kind(out, path_kind, items);

    append_head(out, "paths_readers", "gauge", "As MediaMTX has it.");
    for (std::size_t at = 0; at < paths.size(); ++at) {
        std::map<std::string, std::uint64_t> types;
        for (const ReaderStatus& reader : paths[at].status->readers)
            ++types[reader.session];
        if (types.empty()) append_sample(out, "paths_readers", items[at].labels, 0);
        for (const auto& [type, count] : types) {
            append_sample(out, "paths_readers",
                          fmt::format("{},readerType=\"{}\"", items[at].labels, label(type)), count);
        }
    }
    if (paths.empty()) append_sample(out, "paths_readers", "", 0);
}

/// What the session's module says, by the API's name.
std::uint64_t number(const Json& details, std::string_view name) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, details[name].integer().value_or(0)));
}

std::vector<std::uint64_t> webrtc_values(const ReaderStatus& reader) {
    const Json details = reader.details ? reader.details->read() : Json::object();
    return {number(details, "inboundBytes"),
            number(details, "inboundRTPPackets"),
            number(details, "inboundRTPPacketsLost"),
            number(details, "inboundRTPPacketsJitter"),
            number(details, "inboundRTCPPackets"),
            reader.bytes_sent,
            number(details, "outboundRTPPackets"),
            number(details, "outboundRTCPPackets"),
            reader.units_dropped};
}

template <class Values>
void append_sessions(std::string& out, const Kind& kind, std::string_view session, std::string_view state,
                     const ScrapedPaths& paths, const Filter& filter, Values values) {
    if (!filter.leaves(kind.name)) return;
    std::vector<Item> items;
    for (const auto& path : paths) {
        for (const ReaderStatus& reader : path.status->readers) {
            if (reader.session != session || (!filter.item.empty() && filter.item != reader.id)) continue;
            items.push_back({fmt::format("id=\"{}\",{}path=\"{}\",remoteAddr=\"{}\"", label(reader.id), state,
                                         path.name, label(reader.remote)),
                             values(reader)});
        }
    }
    append_kind(out, kind, items);
}

void append_muxers(std::string& out, const ScrapedPaths& paths, const Filter& filter) {
    std::vector<Item> items;
    for (const auto& path : paths) {
        if (!filter.item.empty() && filter.item != path.status->name) continue;
        const auto sink = std::ranges::find(path.status->sinks, "hls", &SinkStatus::id);
        if (sink == path.status->sinks.end() || !sink->counters) continue;
        std::map<std::string_view, std::uint64_t> counters;
        for (const SinkCounter& counter : sink->counters->read())
            counters[counter.name] = counter.value;
        if (counters["muxers"] == 0) continue;
        items.push_back({fmt::format("name=\"{}\"", path.name), {counters["sent_bytes_total"], 0}});
    }
    append_kind(out, hls_muxers, items);
}

}  // namespace

Result<Filter> Filter::of(const http::Request& request) {
    Filter filter;
    const auto text = [&request](std::string_view key) {
        const std::string* found = http::find(request, std::string(key));
        return found != nullptr ? *found : std::string();
    };
    filter.type = text("type");
    filter.path = text("path");
    bool is_known = filter.type.empty() || filter.type == "rill" ||
                    std::ranges::find(silent_types, filter.type) != silent_types.end();
    const auto look = [&](const Kind& kind) {
        is_known |= filter.type == kind.name;
        if (kind.key.empty() || !filter.item.empty()) return;
        filter.item = text(kind.key);
        if (!filter.item.empty()) filter.type = kind.name;
    };
    for (const Kind& kind : {path_kind, hls_sessions, hls_muxers, webrtc_sessions})
        look(kind);
    for (const Kind& kind : not_served)
        look(kind);
    if (!is_known) {
        return Error{Code::invalid_config,
                     fmt::format("type: there are no metrics of '{}'; ask for paths, hls_sessions, "
                                 "webrtc_sessions, …, or rill",
                                 filter.type)};
    }
    return filter;
}

void append_mediamtx(std::string& out, const ScrapedPaths& paths, const Filter& filter) {
    if (filter.leaves(path_kind.name)) append_path_kind(out, paths);
    append_sessions(out, hls_sessions, "hlsSession", "", paths, filter,
                    [](const ReaderStatus& reader) { return std::vector{reader.bytes_sent}; });
    if (filter.leaves(hls_muxers.name)) append_muxers(out, paths, filter);
    append_sessions(out, webrtc_sessions, "webRTCSession", "state=\"read\",", paths, filter, webrtc_values);
    for (const Kind& kind : not_served) {
        if (filter.leaves(kind.name)) append_kind(out, kind, {});
    }
}

}  // namespace rill::metrics
