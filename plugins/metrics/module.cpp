// GET /metrics: Prometheus text (exposition format 0.0.4). Reads snapshots only, so it never waits for media.
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>

namespace rill::metrics {

namespace {

/// A label value: backslash, quote and newline are escaped (Prometheus' text format).
std::string label(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

template <class Status, class Value = std::uint64_t>
struct Row {
    std::string_view name, type, help;
    Value (*value)(const Status&);
};

constexpr auto path_rows = std::to_array<Row<PathStatus>>({
    {"rill_path_online", "gauge", "1 while the path brings media.",
     [](const PathStatus& p) -> std::uint64_t { return p.state == PathState::online ? 1 : 0; }},
    {"rill_path_readers", "gauge", "Readers of the path.",
     [](const PathStatus& p) -> std::uint64_t { return p.readers.size(); }},
    {"rill_path_inbound_bytes_total", "counter", "Media bytes from the source.",
     [](const PathStatus& p) { return p.inbound_bytes; }},
    {"rill_path_outbound_bytes_total", "counter", "Bytes sent to readers.",
     [](const PathStatus& p) { return p.outbound_bytes; }},
    {"rill_path_units_dropped_total", "counter", "Access units that slow consumers lost.",
     [](const PathStatus& p) { return p.units_dropped; }},
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
    {"rill_rendition_failures_total", "counter", "Times that it failed and was begun again.",
     [](const RenditionStatus& r) { return static_cast<double>(r.failures); }},
    {"rill_rendition_cpu_seconds_total", "counter", "Processor time that it has taken.",
     [](const RenditionStatus& r) { return static_cast<double>(r.cpu_us) / 1e6; }},
});

constexpr auto storage_rows = std::to_array<Row<StorageStatus>>({
    {"rill_storage_bytes", "gauge", "Finished recordings.", [](const StorageStatus& s) { return s.bytes; }},
    {"rill_storage_segments", "gauge", "Finished files of recordings.",
     [](const StorageStatus& s) { return s.segments; }},
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

using Paths = std::vector<std::shared_ptr<const PathStatus>>;

void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void append_paths(std::string& out, const Paths& paths) {
    for (const auto& row : path_rows) {
        append_head(out, row.name, row.type, row.help);
        for (const auto& path : paths) {
            fmt::format_to(std::back_inserter(out), "{}{{path=\"{}\"}} {}\n", row.name, label(path->name),
                           row.value(*path));
        }
    }
}

void append_sinks(std::string& out, const Paths& paths) {
    append_head(out, "rill_sink_running", "gauge", "1 while the sink of the path runs.");
    for (const auto& path : paths) {
        for (const SinkStatus& sink : path->sinks) {
            fmt::format_to(std::back_inserter(out), "rill_sink_running{{path=\"{}\",sink=\"{}\"}} {}\n",
                           label(path->name), label(sink.id), sink.running ? 1 : 0);
        }
    }
}

/// What sinks count themselves. All of a name stand together, as the format wants it.
void append_sink_counters(std::string& out, const Paths& paths) {
    std::map<std::string, std::string> families;
    const auto append = [&](const PathStatus& path, const SinkStatus& sink, const SinkCounter& counter) {
        const std::string name = fmt::format("rill_{}_{}", sink.id, counter.name);
        std::string& family = families[name];
        if (family.empty())
            append_head(family, name, counter.name.ends_with("_total") ? "counter" : "gauge", counter.help);
        fmt::format_to(std::back_inserter(family), "{}{{path=\"{}\"}} {}\n", name, label(path.name),
                       counter.value);
    };
    for (const auto& path : paths) {
        for (const SinkStatus& sink : path->sinks) {
            if (!sink.counters) continue;
            for (const SinkCounter& counter : sink.counters->read())
                append(*path, sink, counter);
        }
    }
    for (const auto& [name, family] : families)
        out += family;
}

void append_renditions(std::string& out, const Paths& paths) {
    for (const auto& row : rendition_rows) {
        append_head(out, row.name, row.type, row.help);
        for (const auto& path : paths) {
            for (const RenditionStatus& rendition : path->renditions) {
                fmt::format_to(std::back_inserter(out), "{}{{path=\"{}\",rendition=\"{}\",of=\"{}\"}} {}\n",
                               row.name, label(path->name), to_string(rendition.rendition),
                               to_string(rendition.source->codec), row.value(rendition));
            }
        }
    }
}

void append_storages(std::string& out, const std::vector<StorageStatus>& storages) {
    for (const auto& row : storage_rows) {
        append_head(out, row.name, row.type, row.help);
        for (const StorageStatus& storage : storages) {
            fmt::format_to(std::back_inserter(out), "{}{{root=\"{}\"}} {}\n", row.name,
                           label(storage.root.string()), row.value(storage));
        }
    }
}

/// MediaMTX's name for the state, so that its dashboards work.
void append_states(std::string& out, const Paths& paths) {
    append_head(out, "paths", "gauge", "Paths by state.");
    for (const auto& path : paths) {
        fmt::format_to(std::back_inserter(out), "paths{{name=\"{}\",state=\"{}\"}} 1\n", label(path->name),
                       path->state == PathState::online ? "ready" : "notReady");
    }
}

void append_http(std::string& out, const http::Server::Statistics& statistics) {
    for (const auto& row : http_rows) {
        append_head(out, row.name, row.type, row.help);
        fmt::format_to(std::back_inserter(out), "{} {}\n", row.name, row.value(statistics));
    }
}

class Metrics final : public Controller {
  public:
    Result<> start(ControllerHost& host) override {
        return host.route("/metrics", [&host](http::Exchange exchange) {
            if (exchange.request().method != "GET") {
                exchange.respond(http::Response::method_not_allowed(exchange.request().method, "GET"));
                return;
            }
            exchange.respond(
                http::Response::text(200, "text/plain; version=0.0.4; charset=utf-8", collect(host)));
        });
    }
    void stop() noexcept override {}

  private:
    static std::string collect(ControllerHost& host) {
        Paths paths;
        for (const auto& name : host.hub().names()) {
            if (auto status = host.hub().status(name)) paths.push_back(std::move(status));
        }
        std::string out;
        append_paths(out, paths);
        append_sinks(out, paths);
        append_sink_counters(out, paths);
        append_renditions(out, paths);
        if (const Archive* archive = host.archive()) append_storages(out, archive->storages());
        append_states(out, paths);
        append_http(out, host.http_statistics());
        return out + host.process_metrics();
    }
};

Result<std::unique_ptr<Controller>> create(const Options&) {
    return std::make_unique<Metrics>();
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "metrics",
     .summary = "Prometheus metrics at /metrics",
     .enabled = true,
     .options = {},
     .create = create},
});

constexpr Module module{.name = "metrics", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::metrics

const rill::Module* rill_module() {
    return &rill::metrics::module;
}
