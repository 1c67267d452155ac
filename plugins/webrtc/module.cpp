#include "sessions_api.hpp"
#include "settings.hpp"
#include "signalling.hpp"
#include "webrtc_sink.hpp"
#include "webrtcbin_transport.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

/// Of the process: sinks enter what controllers look for.
const std::shared_ptr<webrtc::SessionDirectory>& directory() {
    static const auto one = std::make_shared<webrtc::SessionDirectory>();
    return one;
}

Result<std::unique_ptr<Sink>> create_sink(const Options& options) {
    auto settings = webrtc::read_settings(options);
    if (!settings) return settings.error();
    return std::unique_ptr<Sink>(std::make_unique<webrtc::WebrtcSink>(
        std::move(*settings), webrtc::make_webrtcbin_transport, directory()));
}

Result<std::unique_ptr<Controller>> create_signalling(const Options&) {
    return webrtc::make_signalling();
}

Result<std::unique_ptr<Controller>> create_sessions(const Options& options) {
    return webrtc::make_sessions_api(directory(), options.list("allowOrigins"));
}

constexpr std::array<Route, 2> routes{{{.pattern = "whep", .methods = "POST", .wakes = true},
                                       {.pattern = "whep/*", .methods = "PATCH, DELETE"}}};

const std::array<SinkFactory, 1> sinks{{{
    .id = "webrtc",
    .summary = "WebRTC to browsers and WHEP players",
    .enabled = true,
    .options = webrtc::option_table(),
    .routes = routes,
    .service = "webrtc",
    .create = create_sink,
    .session = "webRTCSession",
}}};

constexpr std::array<Option, 1> session_options{{{
    .name = "allowOrigins",
    .type = Type::list,
    .fallback = "*",
    .doc = "The origins of web pages that may open and steer sessions from elsewhere (CORS).",
}}};

constexpr std::array<std::string_view, 1> services = {"webrtc"};

const std::array<ControllerFactory, 2> controllers{{
    {
        .id = "signalling",
        .summary = "WebRTC signalling over a WebSocket at /ws",
        .enabled = true,
        .protocol = "webrtc",
        .options = {},
        .services = services,
        .create = create_signalling,
    },
    {
        .id = "sessions",
        .summary = "WebRTC sessions over HTTP: /api/v1/streams/{path}/sessions",
        .enabled = true,
        .protocol = "webrtc",
        .options = session_options,
        .services = services,
        .create = create_sessions,
    },
}};

const Module module{
    .name = "webrtc",
    .version = RILL_VERSION,
    .sources = {},
    .sinks = sinks,
    .controllers = controllers,
};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &module;
}
