// The HTTP API: /health, /api/v1, and MediaMTX's /v3/recordings. docs/api.md describes every answer.
#include "asked.hpp"
#include "mediamtx.hpp"
#include "record_control.hpp"
#include "recordings.hpp"
#include "status_json.hpp"

#include <rill/clock.hpp>
#include <rill/http_cors.hpp>
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>

namespace rill::api {

namespace {

constexpr std::string_view streams_prefix = "/api/v1/streams/";
constexpr std::string_view recordings_prefix = "/api/v1/recordings/";
constexpr std::string_view mediamtx_prefix = "/v3/recordings/";
constexpr auto routes =
    std::to_array<std::string_view>({"/health", "/api/v1/streams", streams_prefix, "/api/v1/recordings",
                                     recordings_prefix, "/api/v1/storages", mediamtx_prefix});

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, POST, DELETE",
                                     .request_headers = "authorization, content-type"};

constexpr auto options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use the API from elsewhere (CORS)."},
});

class Api final : public Controller {
  public:
    explicit Api(const Options& values)
        : cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        hub_ = &host.hub();
        loop_ = &host.loop();
        archive_ = host.archive();
        for (const std::string_view route : routes) {
            auto added = host.route(std::string(route),
                                    [this](http::Exchange exchange) { handle(std::move(exchange)); });
            if (!added) return added;
        }
        return ok();
    }

    void stop() noexcept override {}

  private:
    void handle(http::Exchange exchange) {
        exchange.allow(cors_);
        const Asked asked(std::move(exchange));
        const http::Request& request = asked.request();
        const std::string& path = request.path;
        if (request.method == "OPTIONS") return asked.respond(cors_->preflight());
        if (path == "/api/v1/storages") return answer_storages(asked, archive_);
        if (path == "/api/v1/recordings") return answer_recordings(asked, archive_);
        if (path.starts_with(recordings_prefix))
            return answer_recording(asked, archive_, *hub_, path.substr(recordings_prefix.size()));
        if (path.starts_with(mediamtx_prefix))
            return answer_mediamtx(asked, archive_, path.substr(mediamtx_prefix.size()));
        if (path.starts_with(streams_prefix)) {
            if (const auto record = record_request(*hub_, path.substr(streams_prefix.size())))
                return answer_record_request(asked, *hub_, *loop_, archive_, *record);
        }
        asked.respond(answer(request));
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

    const std::shared_ptr<const http::Cors> cors_;
    const std::int64_t started_us_ = utc_now_us();
    Hub* hub_ = nullptr;
    Loop* loop_ = nullptr;
    Archive* archive_ = nullptr;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<Api>(values);
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "api",
     .summary = "HTTP API: /api/v1, /health, /v3/recordings",
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
