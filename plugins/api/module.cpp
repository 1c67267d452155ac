// The HTTP API: /health, /ready, /api/v1, and MediaMTX's /v3. docs/api.md describes every answer.
#include "asked.hpp"
#include "event_streams.hpp"
#include "login.hpp"
#include "mediamtx.hpp"
#include "mediamtx_config.hpp"
#include "mediamtx_paths.hpp"
#include "mediamtx_sessions.hpp"
#include "record_control.hpp"
#include "recordings.hpp"
#include "status_json.hpp"

#include <rill/clock.hpp>
#include <rill/http_cors.hpp>
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <optional>

namespace rill::api {

namespace {

constexpr std::string_view streams_prefix = "/api/v1/streams/";
constexpr std::string_view recordings_prefix = "/api/v1/recordings/";
constexpr std::string_view mediamtx_prefix = "/v3/recordings/";
constexpr std::string_view mediamtx_paths_prefix = "/v3/paths/";
constexpr std::string_view mediamtx_muxers_prefix = "/v3/hlsmuxers/";
constexpr std::string_view mediamtx_config_prefix = "/v3/config/";
/// Asked all the time by who restarts what does not answer.
constexpr auto probes = std::to_array<std::string_view>({"/health", "/ready"});
constexpr auto routes = std::to_array<std::string_view>(
    {"/api/v1/events", "/api/v1/streams", streams_prefix, "/api/v1/recordings", recordings_prefix,
     "/api/v1/storages", "/v3/info", mediamtx_prefix, mediamtx_paths_prefix, mediamtx_muxers_prefix,
     mediamtx_config_prefix});

/// What ends in the name of a path, whose slashes MediaMTX's clients encode.
constexpr auto named_routes = std::to_array<std::string_view>(
    {"/v3/recordings/get/{path}", "/v3/paths/get/{path}", "/v3/hlsmuxers/get/{path}",
     "/v3/config/paths/get/{path}", "/v3/config/paths/add/{path}", "/v3/config/paths/patch/{path}",
     "/v3/config/paths/replace/{path}", "/v3/config/paths/delete/{path}"});

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, POST, PATCH, DELETE",
                                     .request_headers = "authorization, content-type"};

constexpr auto options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use the API from elsewhere (CORS)."},
});

/// Of the process, whose first controller asks: a controller may begin anew.
std::int64_t process_started_us() {
    static const std::int64_t now_us = utc_now_us();
    return now_us;
}

class Api final : public Controller {
  public:
    explicit Api(const Options& values)
        : cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        host_ = &host;
        hub_ = &host.hub();
        loop_ = &host.loop();
        archive_ = host.archive();
        events_ = std::make_unique<EventStreams>(host.events(), host.loop());
        configuration_ = &host.configuration();
        const auto add = [this, &host](std::string_view route, Counts counts) {
            return host.route(std::string(route), {Needs::handler_asks, counts},
                              [this](http::Exchange exchange) { admit_to(std::move(exchange)); });
        };
        for (const std::string_view route : probes) {
            if (auto added = add(route, Counts::nothing); !added) return added;
        }
        for (const std::string_view route : routes) {
            if (auto added = add(route, Counts::request); !added) return added;
        }
        for (const std::string_view route : named_routes) {
            auto added = host.path_route(std::string(route), {Needs::handler_asks, Counts::request},
                                         [this](PathCall call) { admit_to(std::move(call.exchange)); });
            if (!added) return added;
        }
        for (const SessionKind& kind : session_kinds()) {
            auto added = host.route(
                std::string(kind.prefix), {Needs::api, Counts::request},
                [this, &kind](http::Exchange exchange) { handle_sessions(std::move(exchange), kind); });
            if (!added) return added;
        }
        return add_login_routes(host, cors_);
    }

    void stop() noexcept override { events_.reset(); }

  private:
    void handle_sessions(http::Exchange exchange, const SessionKind& kind) {
        exchange.allow(cors_);
        const Asked asked(std::move(exchange));
        if (asked.request().method == "OPTIONS") return asked.respond(cors_->preflight());
        answer_mediamtx_sessions(asked, *hub_, kind, asked.request().path.substr(kind.prefix.size()));
    }

    void admit_to(http::Exchange exchange) {
        exchange.allow(cors_);
        const auto purpose = purpose_of(exchange.request());
        if (!purpose) return handle(std::move(exchange));
        admit(host_->access(), std::move(exchange), *purpose,
              [this](http::Exchange admitted) { handle(std::move(admitted)); });
    }

    /// Whoever may watch a camera may know how it is, and whoever may see its recordings what there are.
    std::optional<Purpose> purpose_of(const http::Request& request) const {
        const std::string& path = request.path;
        const bool gets = request.method == "GET";
        if (request.method == "OPTIONS" || path == "/health" || path == "/ready") return {};
        if (gets && path.starts_with(streams_prefix)) {
            const std::string id = path.substr(streams_prefix.size());
            if (hub_->status(id)) return Purpose{Action::read, id, ""};
        }
        if (gets && path.starts_with(recordings_prefix)) {
            const auto asked = recording_request(*hub_, path.substr(recordings_prefix.size()));
            return Purpose{Action::playback, asked.path, ""};
        }
        return Purpose{Action::api, "", ""};
    }

    void handle(http::Exchange exchange) {
        const Asked asked(std::move(exchange));
        const http::Request& request = asked.request();
        const std::string& path = request.path;
        if (request.method == "OPTIONS") return asked.respond(cors_->preflight());
        if (path == "/api/v1/events") return answer_events(asked);
        if (path == "/api/v1/storages") return answer_storages(asked, archive_);
        if (path == "/api/v1/recordings") return answer_recordings(asked, archive_);
        if (path.starts_with(recordings_prefix))
            return answer_recording(asked, archive_,
                                    recording_request(*hub_, path.substr(recordings_prefix.size())));
        if (path.starts_with(mediamtx_prefix))
            return answer_mediamtx(asked, archive_, path.substr(mediamtx_prefix.size()));
        if (path.starts_with(streams_prefix)) {
            if (const auto record = record_request(*hub_, path.substr(streams_prefix.size())))
                return answer_record_request(asked, *hub_, *loop_, archive_, *record);
        }
        asked.respond(answer(request));
    }

    void answer_events(const Asked& asked) {
        if (events_) return events_->serve(asked);
        asked.fail({Code::unavailable, "the server is shutting down"});
    }

    http::Response answer(const http::Request& request) {
        if (request.path == "/health") return only_get(request, [this] { return health(); });
        if (request.path == "/ready") return ready(request);
        if (request.path == "/v3/info") return only_get(request, [this] { return info(); });
        if (request.path.starts_with(mediamtx_paths_prefix))
            return answer_mediamtx_paths(request, *hub_, request.path.substr(mediamtx_paths_prefix.size()));
        if (request.path.starts_with(mediamtx_muxers_prefix))
            return answer_mediamtx_muxers(request, *hub_, request.path.substr(mediamtx_muxers_prefix.size()));
        if (request.path.starts_with(mediamtx_config_prefix)) {
            return answer_mediamtx_config(request, *configuration_,
                                          request.path.substr(mediamtx_config_prefix.size()));
        }
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
            .set("started", rfc3339(process_started_us()))
            .set("streams", names.size())
            .set("activeStreams", online);
    }

    /// Whether to send clients here, for load balancers: not before everything has begun, and not any more
    /// once it ends.
    http::Response ready(const http::Request& request) const {
        if (request.method != "GET") return http::Response::method_not_allowed(request.method, "GET");
        const bool is_ready = host_->is_ready();
        return http::Response::json(is_ready ? 200 : 503, Json::object()
                                                              .set("status", is_ready ? "ready" : "not ready")
                                                              .set("version", RILL_VERSION)
                                                              .dump());
    }

    Json info() const {
        return Json::object().set("version", RILL_VERSION).set("started", rfc3339(process_started_us()));
    }

    Json list() const {
        Json streams = Json::array();
        for (const auto& name : hub_->names()) {
            if (const auto status = hub_->status(name))
                streams.append(to_json(*status, Readers::with_addresses));
        }
        return Json::object().set("streams", std::move(streams));
    }

    /// /api/v1/streams/{id}[/start|/stop]; an id may hold slashes.
    http::Response stream(const http::Request& request) {
        const std::string rest = request.path.substr(streams_prefix.size());
        if (const auto status = hub_->status(rest)) {
            if (request.method == "DELETE") return done(hub_->stop(rest));
            if (request.method == "GET")
                return http::Response::json(200, to_json(*status, Readers::without_addresses).dump());
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
    ControllerHost* host_ = nullptr;
    Hub* hub_ = nullptr;
    Loop* loop_ = nullptr;
    Archive* archive_ = nullptr;
    std::unique_ptr<EventStreams> events_;
    Configuration* configuration_ = nullptr;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    process_started_us();
    return std::make_unique<Api>(values);
}

constexpr std::array<std::string_view, 1> services = {"api"};

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "api",
     .summary = "HTTP API: /api/v1, /health, /ready, /v3",
     .enabled = true,
     .options = options,
     .services = services,
     .create = create},
});

constexpr Module module{.name = "api", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::api

const rill::Module* rill_module() {
    return &rill::api::module;
}
