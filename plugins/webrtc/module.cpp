#include "settings.hpp"
#include "signalling.hpp"
#include "webrtc_sink.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

Result<std::unique_ptr<Sink>> create_sink(const Options& options) {
    auto settings = webrtc::read_settings(options);
    if (!settings) return settings.error();
    return std::unique_ptr<Sink>(std::make_unique<webrtc::WebrtcSink>(std::move(*settings)));
}

Result<std::unique_ptr<Controller>> create_signalling(const Options&) {
    return webrtc::make_signalling();
}

constexpr std::array<Route, 2> routes{{{.pattern = "whep", .methods = "POST", .wakes = true},
                                       {.pattern = "whep/*", .methods = "PATCH, DELETE"}}};

const std::array<SinkFactory, 1> sinks{{{
    .id = "webrtc",
    .summary = "WebRTC to browsers and WHEP players",
    .enabled = true,
    .options = webrtc::option_table(),
    .routes = routes,
    .create = create_sink,
}}};

const std::array<ControllerFactory, 1> controllers{{{
    .id = "signalling",
    .summary = "WebRTC signalling over a WebSocket at /ws",
    .enabled = true,
    .options = {},
    .create = create_signalling,
}}};

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
