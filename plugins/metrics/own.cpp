#include "own.hpp"

#include <rill/link_meter.hpp>

#include <array>
#include <map>

namespace rill::metrics {

namespace {

constexpr auto path_rows = std::to_array<Row<PathStatus>>({
    {"rill_path_online", "gauge", "1 while the path brings media.",
     [](const PathStatus& p) -> std::uint64_t { return p.state == PathState::online ? 1 : 0; }},
    {"rill_path_available", "gauge",
     "1 while readers get a stream, be it the camera's or the one of alwaysAvailable.",
     [](const PathStatus& p) -> std::uint64_t { return p.available_since_us != 0 ? 1 : 0; }},
    {"rill_path_readers", "gauge", "Readers of the path.",
     [](const PathStatus& p) -> std::uint64_t { return p.readers.size(); }},
    {"rill_path_inbound_bytes_total", "counter", "Media bytes from the source.",
     [](const PathStatus& p) { return p.inbound_bytes; }},
    {"rill_path_outbound_bytes_total", "counter", "Bytes sent to readers.",
     [](const PathStatus& p) { return p.outbound_bytes; }},
    {"rill_path_units_dropped_total", "counter", "Access units that slow consumers lost.",
     [](const PathStatus& p) { return p.units_dropped; }},
    {"rill_path_inbound_bits_per_second", "gauge", "What the source sent in the last second.",
     [](const PathStatus& p) { return p.inbound_bits_per_second; }},
    {"rill_path_reconnects_total", "counter", "Times that the source was lost.",
     [](const PathStatus& p) { return p.reconnects; }},
});

constexpr auto rendition_rows = std::to_array<Row<RenditionStatus, double>>({
    {"rill_rendition_running", "gauge", "1 while the rendition is made, 0 while that fails.",
     [](const RenditionStatus& r) -> double { return r.running ? 1 : 0; }},
    {"rill_rendition_links", "gauge", "Who uses it.",
     [](const RenditionStatus& r) { return static_cast<double>(r.links); }},
    {"rill_rendition_units_total", "counter", "Access units made.",
     [](const RenditionStatus& r) { return static_cast<double>(r.units); }},
    {"rill_rendition_bytes_total", "counter", "Bytes made.",
     [](const RenditionStatus& r) { return static_cast<double>(r.bytes); }},
    {"rill_rendition_failures_total", "counter", "Times that it failed and was begun again.",
     [](const RenditionStatus& r) { return static_cast<double>(r.failures); }},
    {"rill_rendition_cpu_seconds_total", "counter", "Processor time that it has taken.",
     [](const RenditionStatus& r) { return static_cast<double>(r.cpu_us) / 1e6; }},
});

constexpr auto storage_rows = std::to_array<Row<StorageStatus>>({
    {"rill_storage_bytes", "gauge", "Finished recordings.", [](const StorageStatus& s) { return s.bytes; }},
    {"rill_storage_segments", "gauge", "Finished files of recordings.",
     [](const StorageStatus& s) { return s.segments; }},
    {"rill_storage_disk_bytes", "gauge", "The size of the disk.",
     [](const StorageStatus& s) { return s.disk_bytes; }},
    {"rill_storage_disk_free_bytes", "gauge", "What is left on the disk.",
     [](const StorageStatus& s) { return s.disk_free; }},
    {"rill_storage_written_bytes_total", "counter", "Bytes recorded.",
     [](const StorageStatus& s) { return s.written_bytes; }},
    {"rill_storage_queued_bytes", "gauge", "Bytes that wait for the disk.",
     [](const StorageStatus& s) { return s.queued_bytes; }},
    {"rill_storage_dropped_parts_total", "counter", "Parts lost because the disk failed or was too slow.",
     [](const StorageStatus& s) { return s.dropped_parts; }},
    {"rill_storage_deleted_bytes_total", "counter", "Bytes deleted by retention or on request.",
     [](const StorageStatus& s) { return s.deleted_bytes; }},
    {"rill_storage_failed", "gauge", "1 while nothing can be written.",
     [](const StorageStatus& s) -> std::uint64_t { return s.failure.empty() ? 0 : 1; }},
});

constexpr auto http_rows = std::to_array<Row<http::Server::Statistics>>({
    {"rill_http_connections", "gauge", "Open HTTP connections.",
     [](const http::Server::Statistics& s) -> std::uint64_t { return s.connections; }},
    {"rill_http_websockets", "gauge", "Open WebSockets.",
     [](const http::Server::Statistics& s) -> std::uint64_t { return s.websockets; }},
    {"rill_http_requests_total", "counter", "Requests answered.",
     [](const http::Server::Statistics& s) -> std::uint64_t { return s.requests; }},
    {"rill_http_rejected_total", "counter", "Connections and requests refused by a limit.",
     [](const http::Server::Statistics& s) -> std::uint64_t { return s.rejected; }},
});

constexpr auto track_rows = std::to_array<Row<TrackStatus>>({
    {"rill_track_units_total", "counter", "Access units from the source.",
     [](const TrackStatus& t) { return t.units; }},
    {"rill_track_bytes_total", "counter", "Their bytes.", [](const TrackStatus& t) { return t.bytes; }},
    {"rill_track_discontinuities_total", "counter", "Times that something was missing, or the time jumped.",
     [](const TrackStatus& t) { return t.discontinuities; }},
});

constexpr auto sink_rows = std::to_array<Row<SinkStatus>>({
    {"rill_sink_running", "gauge", "1 while the sink of the path runs.",
     [](const SinkStatus& s) -> std::uint64_t { return s.running ? 1 : 0; }},
});

constexpr auto link_rows = std::to_array<Row<LinkMeter>>({
    {"rill_links", "gauge", "Links of the sink to tracks of the path.",
     [](const LinkMeter& l) -> std::uint64_t { return l.links; }},
    {"rill_link_units_total", "counter", "Access units that the sink took.",
     [](const LinkMeter& l) -> std::uint64_t { return l.units; }},
    {"rill_link_lost_units_total", "counter", "Access units that it was too slow for.",
     [](const LinkMeter& l) { return l.losses.read().sum; }},
});

constexpr auto reader_rows = std::to_array<Row<ReaderStatus>>({
    {"rill_reader_sent_bytes_total", "counter", "Bytes sent to the reader.",
     [](const ReaderStatus& r) { return r.bytes_sent; }},
    {"rill_reader_dropped_units_total", "counter", "Access units that the reader was too slow for.",
     [](const ReaderStatus& r) { return r.units_dropped; }},
    {"rill_reader_since_seconds", "gauge", "UTC at which the reader came.",
     [](const ReaderStatus& r) { return static_cast<std::uint64_t>(r.since_us / 1'000'000); }},
});

/// Of all links of one sink, in all paths. By path they would be more lines than anyone reads.
struct SinkHistograms {
    decltype(LinkMeter::waits)::Counts waits;
    decltype(LinkMeter::losses)::Counts losses;
};

/// `scale`: what a bound and the sum are multiplied by.
template <class Counts, class Bounds>
void append_histogram(std::string& out, std::string_view name, const std::string& labels,
                      const Counts& counts, const Bounds& bounds, double scale) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < bounds.size(); ++at) {
        sum += counts.counts[at];
        append_sample(out, fmt::format("{}_bucket", name),
                      fmt::format("{},le=\"{:g}\"", labels, static_cast<double>(bounds[at]) * scale), sum);
    }
    sum += counts.counts[bounds.size()];
    append_sample(out, fmt::format("{}_bucket", name), fmt::format("{},le=\"+Inf\"", labels), sum);
    append_sample(out, fmt::format("{}_sum", name), labels, static_cast<double>(counts.sum) * scale);
    append_sample(out, fmt::format("{}_count", name), labels, sum);
}

void append_histograms(std::string& out, const ScrapedPaths& paths) {
    std::map<std::string, SinkHistograms> sinks;
    for (const auto& path : paths) {
        for (const SinkStatus& sink : path.status->sinks) {
            if (!sink.links) continue;
            auto& sum = sinks[fmt::format("sink=\"{}\"", label(sink.id))];
            sum.waits += sink.links->waits.read();
            sum.losses += sink.links->losses.read();
        }
    }
    append_head(out, "rill_link_wait_seconds", "histogram",
                "From the arrival of an access unit to the moment when the sink took it.");
    for (const auto& [labels, sum] : sinks)
        append_histogram(out, "rill_link_wait_seconds", labels, sum.waits, LinkMeter::wait_bounds_us, 1e-6);
    append_head(out, "rill_link_loss_units", "histogram",
                "Access units lost at once by a link of the sink that overflowed.");
    for (const auto& [labels, sum] : sinks)
        append_histogram(out, "rill_link_loss_units", labels, sum.losses, LinkMeter::loss_bounds, 1);
}

/// What sinks count themselves. All of a name stand together, as the format wants it.
void append_sink_counters(std::string& out, const ScrapedPaths& paths) {
    std::map<std::string, std::string> families;
    const auto append = [&](const ScrapedPath& path, const SinkStatus& sink, const SinkCounter& counter) {
        const std::string name = fmt::format("rill_{}_{}", sink.id, counter.name);
        std::string& family = families[name];
        if (family.empty())
            append_head(family, name, counter.name.ends_with("_total") ? "counter" : "gauge", counter.help);
        append_sample(family, name, fmt::format("path=\"{}\"", path.name), counter.value);
    };
    for (const auto& path : paths) {
        for (const SinkStatus& sink : path.status->sinks) {
            if (!sink.counters) continue;
            for (const SinkCounter& counter : sink.counters->read())
                append(path, sink, counter);
        }
    }
    for (const auto& [name, family] : families)
        out += family;
}

/// What paths have, each with the path's label before its own.
struct Things {
    explicit Things(const ScrapedPaths& scraped) {
        for (const auto& [status, name] : scraped) {
            const std::string path = fmt::format("path=\"{}\"", name);
            for (std::size_t at = 0; at < status->tracks.size(); ++at) {
                const TrackStatus& track = status->tracks[at];
                tracks.push_back(
                    {fmt::format("{},track=\"{}\",codec=\"{}\"", path, at, to_string(track.format->codec)),
                     &track});
            }
            for (const SinkStatus& sink : status->sinks) {
                const std::string labels = fmt::format("{},sink=\"{}\"", path, label(sink.id));
                if (sink.links) links.push_back({labels, sink.links.get()});
                sinks.push_back({labels, &sink});
            }
            for (const RenditionStatus& rendition : status->renditions) {
                renditions.push_back(
                    {fmt::format("{},rendition=\"{}\",of=\"{}\"", path, to_string(rendition.rendition),
                                 to_string(rendition.source->codec)),
                     &rendition});
            }
            for (const ReaderStatus& reader : status->readers) {
                readers.push_back(
                    {fmt::format("{},id=\"{}\",type=\"{}\"", path, label(reader.id), label(reader.type)),
                     &reader});
            }
            paths.push_back({path, status.get()});
        }
    }

    std::vector<Labelled<PathStatus>> paths;
    std::vector<Labelled<TrackStatus>> tracks;
    std::vector<Labelled<SinkStatus>> sinks;
    std::vector<Labelled<LinkMeter>> links;
    std::vector<Labelled<RenditionStatus>> renditions;
    std::vector<Labelled<ReaderStatus>> readers;
};

}  // namespace

void append_paths(std::string& out, const ScrapedPaths& paths) {
    const Things things(paths);
    append_rows(out, path_rows, things.paths);
    append_rows(out, track_rows, things.tracks);
    append_rows(out, sink_rows, things.sinks);
    append_rows(out, link_rows, things.links);
    append_histograms(out, paths);
    append_sink_counters(out, paths);
    append_rows(out, rendition_rows, things.renditions);
    append_rows(out, reader_rows, things.readers);
}

void append_storages(std::string& out, const std::vector<StorageStatus>& storages) {
    std::vector<Labelled<StorageStatus>> things;
    for (const StorageStatus& storage : storages)
        things.push_back({fmt::format("root=\"{}\"", label(storage.root.string())), &storage});
    append_rows(out, storage_rows, things);
}

void append_http(std::string& out, const http::Server::Statistics& statistics) {
    append_rows(out, http_rows, std::vector<Labelled<http::Server::Statistics>>{{"", &statistics}});
}

}  // namespace rill::metrics
