// GET /metrics: Prometheus text (exposition format 0.0.4). Reads snapshots only, so it never waits for media.
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <iterator>

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

struct Row {
    std::string_view name, type, help;
    std::uint64_t (*value)(const PathStatus&);
};

constexpr auto rows = std::to_array<Row>({
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

struct StorageRow {
    std::string_view name, type, help;
    std::uint64_t (*value)(const StorageStatus&);
};

constexpr auto storage_rows = std::to_array<StorageRow>({
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

template <class AnyRow>
void append_head(std::string& out, const AnyRow& row) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", row.name, row.help, row.type);
}

void append_sinks(std::string& out, const std::vector<std::shared_ptr<const PathStatus>>& paths) {
    out += "# HELP rill_sink_running 1 while the sink of the path runs.\n# TYPE rill_sink_running gauge\n";
    for (const auto& path : paths) {
        for (const SinkStatus& sink : path->sinks) {
            fmt::format_to(std::back_inserter(out), "rill_sink_running{{path=\"{}\",sink=\"{}\"}} {}\n",
                           label(path->name), label(sink.id), sink.running ? 1 : 0);
        }
    }
}

void append_storages(std::string& out, const std::vector<StorageStatus>& storages) {
    for (const StorageRow& row : storage_rows) {
        append_head(out, row);
        for (const StorageStatus& storage : storages) {
            fmt::format_to(std::back_inserter(out), "{}{{root=\"{}\"}} {}\n", row.name,
                           label(storage.root.string()), row.value(storage));
        }
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
        std::vector<std::shared_ptr<const PathStatus>> paths;
        for (const auto& name : host.hub().names()) {
            if (auto status = host.hub().status(name)) paths.push_back(std::move(status));
        }
        std::string out;
        const auto append = std::back_inserter(out);
        for (const Row& row : rows) {
            append_head(out, row);
            for (const auto& path : paths) {
                fmt::format_to(append, "{}{{path=\"{}\"}} {}\n", row.name, label(path->name),
                               row.value(*path));
            }
        }
        append_sinks(out, paths);
        if (const Archive* archive = host.archive()) append_storages(out, archive->storages());
        // MediaMTX's name for the state, so that its dashboards work.
        fmt::format_to(append, "# HELP paths Paths by state.\n# TYPE paths gauge\n");
        for (const auto& path : paths) {
            fmt::format_to(append, "paths{{name=\"{}\",state=\"{}\"}} 1\n", label(path->name),
                           path->state == PathState::online ? "ready" : "notReady");
        }
        const auto http = host.http_statistics();
        fmt::format_to(
            append,
            "# HELP rill_http_connections Open HTTP connections.\n# TYPE rill_http_connections gauge\n"
            "rill_http_connections {}\n"
            "# HELP rill_http_websockets Open WebSockets.\n# TYPE rill_http_websockets gauge\n"
            "rill_http_websockets {}\n"
            "# HELP rill_http_requests_total Requests answered.\n# TYPE rill_http_requests_total counter\n"
            "rill_http_requests_total {}\n"
            "# HELP rill_http_rejected_total Connections and requests refused by a limit.\n"
            "# TYPE rill_http_rejected_total counter\n"
            "rill_http_rejected_total {}\n",
            http.connections, http.websockets, http.requests, http.rejected);
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
