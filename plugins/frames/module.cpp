// Live pictures for programs that look at them: decoded once, in the form that each wants.
#include "frames_sink.hpp"
#include "pictures_api.hpp"

#include <rill/module.hpp>

#include <array>
#include <chrono>

namespace {

using namespace rill;

constexpr auto sink_options = std::to_array<Option>({
    {.name = "bufferSize",
     .type = Type::integer,
     .fallback = "100",
     .doc = "How many decoded pictures wait for their conversion at most, and 64 MB of them.",
     .minimum = 1,
     .maximum = 10'000},
    {.name = "clientBufferSize",
     .type = Type::integer,
     .fallback = "10",
     .doc = "How many pictures wait for a slow client at most, and 32 MB of them; then the oldest go.",
     .minimum = 1,
     .maximum = 1'000},
    {.name = "closeAfter",
     .type = Type::duration,
     .fallback = "5s",
     .doc = "How long after the last client left pictures are still decoded.",
     .minimum = 0,
     .maximum = 3'600'000},
});

constexpr auto api_options = std::to_array<Option>({
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use live pictures from elsewhere (CORS)."},
});

Result<std::unique_ptr<Sink>> create_sink(const Options& options) {
    frames::Settings settings;
    settings.ring.pictures = static_cast<std::size_t>(options.integer("bufferSize"));
    settings.client_pictures = static_cast<std::size_t>(options.integer("clientBufferSize"));
    settings.close_after =
        std::chrono::duration_cast<std::chrono::milliseconds>(options.duration("closeAfter"));
    return std::make_unique<frames::FramesSink>(settings);
}

Result<std::unique_ptr<Controller>> create_api(const Options& options) {
    return frames::make_pictures_api(options.list("allowOrigins"));
}

constexpr auto sinks = std::to_array<SinkFactory>({
    {.id = "frames",
     .summary = "raw frames for computer vision, MJPEG and snapshots",
     .enabled = true,
     .options = sink_options,
     .routes = {},
     .create = create_sink},
});

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "pictures",
     .summary = "Live pictures over HTTP: /api/v1/streams/{path}/frame, …/frames, …/mjpeg, …/snapshot.jpg",
     .enabled = true,
     .options = api_options,
     .create = create_api},
});

constexpr Module module{
    .name = "frames", .version = RILL_VERSION, .sinks = sinks, .controllers = controllers};

}  // namespace

const rill::Module* rill_module() {
    return &module;
}
