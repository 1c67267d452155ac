// The reference systems' own HTTP APIs, so that their clients work as they are.
#include "debug_page.hpp"
#include "dvr_server.hpp"
#include "frame_server.hpp"
#include "hls_manager.hpp"
#include "settings.hpp"

#include <rill/clock.hpp>
#include <rill/http_cors.hpp>
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rill::dialects {

namespace {

constexpr std::string_view streams_prefix = "/streams/";
constexpr std::string_view frames_prefix = "/api/streams/";

constexpr http::CorsTerms cors_terms{
    .methods = "OPTIONS, GET, HEAD, POST, DELETE",
    .request_headers = "authorization, content-type, range",
    .exposed_headers =
        "content-range, location, x-rill-sequence, x-rill-time, x-rill-format, x-rill-width, "
        "x-rill-height, x-rill-stride, retry-after"};

/// What each API has added. The paths outlive a controller that begins anew, and so does the right to take
/// them out.
struct Added {
    const std::shared_ptr<HlsManager::Added> hls_manager = std::make_shared<HlsManager::Added>();
    const std::shared_ptr<FrameServer::Added> frame_server = std::make_shared<FrameServer::Added>();
    const std::shared_ptr<DvrServer::Added> dvr_server = std::make_shared<DvrServer::Added>();
};

/// That of the controllers there are: the next one is made while the last one is there, and none goes before
/// the server ends.
std::shared_ptr<const Added> added_until_now() {
    static std::weak_ptr<const Added> known;
    auto added = known.lock();
    if (!added) known = added = std::make_shared<const Added>();
    return added;
}

class Dialects final : public Controller {
  public:
    Dialects(Settings settings, std::shared_ptr<const Added> added)
        : settings_(std::move(settings)),
          added_(std::move(added)),
          cors_(std::make_shared<const http::Cors>(settings_.allow_origins, cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        alive_ = std::make_shared<bool>(true);
        if (settings_.hls_manager) {
            hls_manager_ = std::make_shared<HlsManager>(host, settings_, system_clock(), added_->hls_manager);
            hls_manager_->begin();
        }
        if (settings_.frame_server) frame_server_ = std::make_shared<FrameServer>(host, added_->frame_server);
        if (settings_.dvr_server) dvr_server_ = std::make_shared<DvrServer>(host, added_->dvr_server);
        return add_routes(host);
    }

    void stop() noexcept override {
        alive_.reset();
        if (hls_manager_) hls_manager_->end();
        hls_manager_.reset();
        frame_server_.reset();
        dvr_server_.reset();
    }

  private:
    struct Row {
        const char* route;
        bool is_served;
        RouteTerms terms;
        void (Dialects::*serve)(http::Exchange);
    };

    /// Every route of these APIs. What lists, adds and takes away streams needs the action "api"; what plays
    /// one is asked of the server's own routes, which see to "read" of the path, and count it.
    Result<> add_routes(ControllerHost& host) {
        const bool manager = settings_.hls_manager;
        const bool frames = settings_.frame_server;
        const bool dvr = settings_.dvr_server;
        const auto rows = std::to_array<Row>({
            {"/api/health", manager, Needs::nothing, &Dialects::serve_manager},
            {"/api/stream/start", manager, {Needs::handler_asks, Counts::request}, &Dialects::serve_manager},
            {"/api/stream/", manager, {Needs::api, Counts::request}, &Dialects::serve_manager},
            {"/api/streams", frames, {Needs::api, Counts::request}, &Dialects::serve_frame_streams},
            {"/api/streams/", frames, Needs::handler_asks, &Dialects::serve_frame_stream},
            {"/streams", dvr, {Needs::api, Counts::request}, &Dialects::serve_sources},
            {"/streams/", manager || dvr, Needs::handler_asks, &Dialects::serve_below_streams},
            {"/debug/webrtc-client", dvr, Needs::nothing, &Dialects::serve_debug_page},
        });
        for (const Row& row : rows) {
            if (!row.is_served) continue;
            const auto handle = [this, weak = std::weak_ptr(alive_),
                                 serve = row.serve](http::Exchange exchange) {
                if (weak.expired()) return exchange.fail({Code::unavailable, "the server is shutting down"});
                exchange.allow(cors_);
                if (exchange.request().method == "OPTIONS") return exchange.respond(cors_->preflight());
                (this->*serve)(std::move(exchange));
            };
            if (auto added = host.route(row.route, row.terms, handle); !added) return added;
        }
        if (!frames) return ok();
        const auto handle = [this, weak = std::weak_ptr(alive_)](PathCall call) {
            if (weak.expired()) return call.exchange.fail({Code::unavailable, "the server is shutting down"});
            frame_server_->serve_socket(std::move(call.exchange), call.path);
        };
        return host.path_route("/ws/{path}", Needs::handler_asks, handle);
    }

    void serve_manager(http::Exchange exchange) { hls_manager_->serve_api(std::move(exchange)); }
    void serve_frame_streams(http::Exchange exchange) { frame_server_->serve_streams(std::move(exchange)); }
    void serve_frame_stream(http::Exchange exchange) {
        const std::string rest = exchange.request().path.substr(frames_prefix.size());
        frame_server_->serve_stream(std::move(exchange), rest);
    }
    void serve_sources(http::Exchange exchange) { dvr_server_->serve_streams(std::move(exchange)); }

    /// Two of the APIs have their streams there: files are of the one, all else is of the other.
    void serve_below_streams(http::Exchange exchange) {
        const std::string rest = exchange.request().path.substr(streams_prefix.size());
        const auto slash = rest.rfind('/');
        const bool is_file = slash != std::string::npos && HlsManager::is_file(rest.substr(slash + 1));
        if (hls_manager_ && is_file)
            return hls_manager_->serve_file(std::move(exchange), rest.substr(0, slash),
                                            rest.substr(slash + 1));
        if (dvr_server_) return dvr_server_->serve_stream(std::move(exchange), rest);
        exchange.fail({Code::not_found, fmt::format("nothing is served at {}", exchange.request().path)});
    }

    void serve_debug_page(http::Exchange exchange) {
        const std::string& method = exchange.request().method;
        if (method != "GET") return exchange.respond(http::Response::method_not_allowed(method, "GET"));
        exchange.respond(debug_page());
    }

    const Settings settings_;
    const std::shared_ptr<const Added> added_;
    const std::shared_ptr<const http::Cors> cors_;
    // From start to stop.
    std::shared_ptr<bool> alive_;
    std::shared_ptr<HlsManager> hls_manager_;
    std::shared_ptr<FrameServer> frame_server_;
    std::shared_ptr<DvrServer> dvr_server_;
};

Result<std::unique_ptr<Controller>> create(const Options& options) {
    auto settings = Settings::from(options, process_environment());
    if (!settings) return settings.error();
    return std::make_unique<Dialects>(*std::move(settings), added_until_now());
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "dialects",
     .summary = "The HTTP APIs of an HLS stream manager, a raw frame server and a DVR server",
     .enabled = false,
     .options = option_table,
     .create = create},
});

constexpr Module module{.name = "dialects", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::dialects

const rill::Module* rill_module() {
    return &rill::dialects::module;
}
