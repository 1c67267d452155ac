// Recordings over HTTP: GET /list and /get as MP4, and below each path as HLS.
#include "answers.hpp"
#include "rewind.hpp"
#include "windows.hpp"

#include <rill/module.hpp>

#include <array>

namespace rill::playback {

namespace {

using CorsPtr = std::shared_ptr<const http::Cors>;

constexpr http::CorsTerms cors_terms{
    .methods = "OPTIONS, GET, HEAD",
    .request_headers = "authorization, if-range, range",
    .exposed_headers = "accept-ranges, content-disposition, content-length, content-range, etag"};

constexpr auto options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may play recordings from elsewhere (CORS)."},
});

/// The path is in the query.
http::Handler admitted(Access& access, CorsPtr cors, http::Handler handler) {
    return [&access, cors = std::move(cors), handler = std::move(handler)](http::Exchange exchange) {
        const http::Request& request = exchange.request();
        if (request.method == "OPTIONS") return handler(std::move(exchange));
        exchange.allow(cors);
        const auto path = request.query.find("path");
        const Purpose purpose{Action::playback, path == request.query.end() ? "" : path->second, ""};
        admit(access, std::move(exchange), purpose, handler);
    };
}

class Playback final : public Controller {
  public:
    explicit Playback(const Options& values)
        : cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        if (auto added = add_path_routes(host); !added) return added;
        const http::Handler handler = admitted(host.access(), cors_, handler_of(host.archive(), cors_));
        if (auto added = host.route("/list", Needs::handler_asks, handler); !added) return added;
        return host.route("/get", Needs::handler_asks, handler);
    }

    void stop() noexcept override {
        if (windows_) windows_->stop();
    }

  private:
    /// HLS lives below its path, whose page players come from.
    Result<> add_path_routes(ControllerHost& host) {
        windows_ = std::make_shared<Windows>(host, cors_);
        const auto stored = [archive = host.archive(), cors = cors_](PathCall call) {
            answer_playlist(std::move(call), archive, cors);
        };
        const auto live = [windows = windows_](PathCall call) { windows->answer_playlist(std::move(call)); };
        const auto part = [windows = windows_](PathCall call) { windows->answer_part(std::move(call)); };
        if (auto added = host.path_route("/{path}/index.m3u8?start", Needs::playback, stored); !added)
            return added;
        if (auto added = host.path_route("/{path}/index.m3u8?window", Needs::read, live); !added)
            return added;
        const auto recorded = [archive = host.archive(), cors = cors_](PathCall call) {
            answer_resource(std::move(call), archive, cors, all_time.start_us);
        };
        if (auto added = host.path_route("/{path}/~recorded/*", Needs::playback, recorded); !added)
            return added;
        return host.path_route("/{path}/~rewind/*", Needs::read, part);
    }

    const CorsPtr cors_;
    std::shared_ptr<Windows> windows_;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<Playback>(values);
}

// The past of the live picture is below its path, where players of HLS come from.
constexpr std::array<std::string_view, 2> services = {"playback", "hls"};

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "playback",
     .summary = "Recordings over HTTP: as MP4 (/list, /get) and HLS",
     .enabled = true,
     .options = options,
     .services = services,
     .create = create},
});

constexpr Module module{.name = "playback", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::playback

const rill::Module* rill_module() {
    return &rill::playback::module;
}
