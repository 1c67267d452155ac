// Recordings over HTTP: GET /list and /get as MP4, on the main port and on one of its own, and below each
// path as HLS.
#include "answers.hpp"
#include "rewind.hpp"
#include "windows.hpp"

#include <rill/module.hpp>

#include <array>

namespace rill::playback {

namespace {

constexpr http::CorsTerms cors_terms{
    .methods = "OPTIONS, GET, HEAD",
    .request_headers = "authorization, if-range, range",
    .exposed_headers = "accept-ranges, content-disposition, content-length, content-range, etag"};

constexpr auto options = std::to_array<Option>({
    {.name = "address",
     .type = Type::text,
     .fallback = "",
     .doc = "One more address for /list and /get, such as MediaMTX's :9996."},
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may play recordings from elsewhere (CORS)."},
});

class Playback final : public Controller {
  public:
    explicit Playback(const Options& values)
        : address_(values.text("address")),
          cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        if (auto added = add_path_routes(host); !added) return added;
        const http::Handler handler = handler_of(host.archive(), cors_);
        if (auto added = host.route("/list", handler); !added) return added;
        if (auto added = host.route("/get", handler); !added) return added;
        if (address_.empty()) return ok();
        server_ = std::make_unique<http::Server>();
        server_->on_request(handler);
        return server_->listen(address_);
    }

    void stop() noexcept override {
        server_.reset();
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
        if (auto added = host.path_route("/{path}/index.m3u8?start", stored); !added) return added;
        if (auto added = host.path_route("/{path}/index.m3u8?window", live); !added) return added;
        return host.path_route("/{path}/~rewind/*", part);
    }

    const std::string address_;
    const std::shared_ptr<const http::Cors> cors_;
    std::unique_ptr<http::Server> server_;
    std::shared_ptr<Windows> windows_;
};

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<Playback>(values);
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "playback",
     .summary = "Recordings over HTTP: as MP4 (/list, /get) and HLS",
     .enabled = true,
     .options = options,
     .create = create},
});

constexpr Module module{.name = "playback", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::playback

const rill::Module* rill_module() {
    return &rill::playback::module;
}
