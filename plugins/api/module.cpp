// The native HTTP API: /health and /api/v1/streams. docs/api.md describes every answer.
#include "status_json.hpp"

#include <rill/clock.hpp>
#include <rill/module.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rill::api {

namespace {

constexpr std::string_view streams_prefix = "/api/v1/streams/";

constexpr auto options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use the API from elsewhere (CORS)."},
});

/// Answers that may be read by pages of these origins.
class Cors {
  public:
    explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

    void apply(const http::Request& request, http::Response& response) const {
        const std::string_view origin = request.header("origin");
        if (std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {
            response.header("access-control-allow-origin", "*");
        } else if (!origin.empty() && std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) {
            response.header("access-control-allow-origin", origin).header("vary", "origin");
        }
    }

    http::Response preflight(const http::Request& request) const {
        http::Response response = http::Response::no_content();
        apply(request, response);
        response.header("access-control-allow-methods", "OPTIONS, GET, POST, DELETE")
            .header("access-control-allow-headers", "authorization, content-type");
        return response;
    }

  private:
    const std::vector<std::string> origins_;
};

class Api final : public Controller {
  public:
    explicit Api(const Options& values) : cors_(values.list("allowOrigins")) {}

    Result<> start(ControllerHost& host) override {
        hub_ = &host.hub();
        for (const std::string& path :
             {std::string("/health"), std::string("/api/v1/streams"), std::string(streams_prefix)}) {
            auto added = host.route(path, [this](http::Exchange exchange) { handle(std::move(exchange)); });
            if (!added) return added;
        }
        return ok();
    }

    void stop() noexcept override {}

  private:
    void handle(http::Exchange exchange) {
        const http::Request& request = exchange.request();
        http::Response response = request.method == "OPTIONS" ? cors_.preflight(request) : answer(request);
        cors_.apply(request, response);
        response.header("cache-control", "no-store");
        exchange.respond(std::move(response));
    }

    http::Response answer(const http::Request& request) {
        if (request.path == "/health") return only_get(request, [this] { return health(); });
        if (request.path == "/api/v1/streams") return only_get(request, [this] { return list(); });
        return stream(request);
    }

    template <class F>
    static http::Response only_get(const http::Request& request, F&& make) {
        if (request.method == "GET") return http::Response::json(200, make().dump());
        return http::Response::method_not_allowed(request.method, "GET");
    }

    Json health() const {
        std::size_t online = 0;
        const auto names = hub_->names();
        for (const auto& name : names) {
            const auto status = hub_->status(name);
            if (status && status->state == PathState::online) ++online;
        }
        return Json::object()
            .set("status", "healthy")
            .set("version", RILL_VERSION)
            .set("started", rfc3339(started_us_))
            .set("streams", names.size())
            .set("activeStreams", online);
    }

    Json list() const {
        Json streams = Json::array();
        for (const auto& name : hub_->names()) {
            if (const auto status = hub_->status(name)) streams.append(to_json(*status));
        }
        return Json::object().set("streams", std::move(streams));
    }

    /// /api/v1/streams/{id}[/start|/stop]; an id may hold slashes.
    http::Response stream(const http::Request& request) {
        const std::string rest = request.path.substr(streams_prefix.size());
        if (const auto status = hub_->status(rest)) {
            if (request.method == "DELETE") return done(hub_->stop(rest));
            if (request.method == "GET") return http::Response::json(200, to_json(*status).dump());
            return http::Response::method_not_allowed(request.method, "GET, DELETE");
        }
        const auto slash = rest.rfind('/');
        const std::string id = rest.substr(0, slash == std::string::npos ? rest.size() : slash);
        const std::string_view verb =
            slash == std::string::npos ? "" : std::string_view(rest).substr(slash + 1);
        if (!hub_->status(id))
            return http::Response::error({Code::not_found, fmt::format("stream '{}' is not configured", id)});
        if (verb != "start" && verb != "stop") {
            return http::Response::error({Code::not_found, fmt::format("stream '{}' has no '{}'", id, verb)});
        }
        if (request.method != "POST") return http::Response::method_not_allowed(request.method, "POST");
        return done(verb == "start" ? hub_->start(id) : hub_->stop(id));
    }

    static http::Response done(const Result<>& result) {
        if (!result) return http::Response::error(result.error());
        return http::Response::json(200, Json::object().set("status", "ok").dump());
    }

    const Cors cors_;
    const std::int64_t started_us_ = utc_now_us();
    Hub* hub_ = nullptr;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<Api>(values);
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "api",
     .summary = "HTTP API: /api/v1, /health",
     .enabled = true,
     .options = options,
     .create = create},
});

constexpr Module module{.name = "api", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::api

const rill::Module* rill_module() {
    return &rill::api::module;
}
