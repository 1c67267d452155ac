// GET /metrics: Prometheus text (docs/metrics.md). Reads snapshots only, so it never waits for media.
#include "mediamtx.hpp"
#include "own.hpp"

#include <rill/http_cors.hpp>
#include <rill/module.hpp>

#include <array>

namespace rill::metrics {

namespace {

ScrapedPaths scrape(const Hub& hub, const std::string& only) {
    ScrapedPaths paths;
    for (const auto& name : hub.names()) {
        if (!only.empty() && name != only) continue;
        if (auto status = hub.status(name)) paths.push_back({std::move(status), label(name)});
    }
    return paths;
}

std::string collect(ControllerHost& host, const Filter& filter) {
    const ScrapedPaths paths = scrape(host.hub(), filter.path);
    std::string out;
    append_mediamtx(out, paths, filter);
    if (filter.leaves("rill")) append_paths(out, paths);
    if (!filter.is_empty()) return out;
    if (const Archive* archive = host.archive()) append_storages(out, archive->storages());
    append_http(out, host.http_statistics());
    return out + host.process_metrics();
}

http::Response answer(ControllerHost& host, const http::Request& request) {
    if (request.method != "GET") return http::Response::method_not_allowed(request.method, "GET");
    const auto filter = Filter::of(request);
    if (!filter) return http::Response::error(filter.error());
    return http::Response::text(200, "text/plain; version=0.0.4; charset=utf-8", collect(host, *filter));
}

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET", .request_headers = "authorization"};

constexpr auto options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may read the metrics from elsewhere (CORS)."},
});

class Metrics final : public Controller {
  public:
    explicit Metrics(const Options& values)
        : cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        return host.route("/metrics", Needs::metrics, [&host, cors = cors_](http::Exchange exchange) {
            exchange.allow(cors);
            if (exchange.request().method == "OPTIONS") return exchange.respond(cors->preflight());
            exchange.respond(answer(host, exchange.request()));
        });
    }
    void stop() noexcept override {}

  private:
    const std::shared_ptr<const http::Cors> cors_;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<Metrics>(values);
}

constexpr std::array<std::string_view, 1> services = {"metrics"};

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "metrics",
     .summary = "Prometheus metrics at /metrics",
     .enabled = true,
     .options = options,
     .services = services,
     .create = create},
});

constexpr Module module{.name = "metrics", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::metrics

const rill::Module* rill_module() {
    return &rill::metrics::module;
}
