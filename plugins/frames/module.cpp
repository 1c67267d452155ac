// Live pictures for programs that look at them: decoded once, in the form that each wants.
#include "frames_sink.hpp"
#include "pictures_api.hpp"

#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace {

using namespace rill;

constexpr auto shared_formats = std::to_array<std::string_view>({"bgr", "rgb", "gray", "i420"});

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
    {.name = "sharedMemory",
     .type = Type::text,
     .fallback = "",
     .doc = "The socket at which programs on this machine get pictures in shared memory; %path is the path's "
            "name. Empty: none."},
    {.name = "sharedMemoryFormat",
     .type = Type::choice,
     .fallback = "bgr",
     .doc = "What lies in shared memory.",
     .choices = shared_formats},
    {.name = "sharedMemoryWidth",
     .type = Type::integer,
     .fallback = "0",
     .doc = "The width of pictures in shared memory. 0: the source's, or what keeps its shape.",
     .minimum = 0,
     .maximum = frames::most_side},
    {.name = "sharedMemoryHeight",
     .type = Type::integer,
     .fallback = "0",
     .doc = "The height of pictures in shared memory. 0: the source's, or what keeps its shape.",
     .minimum = 0,
     .maximum = frames::most_side},
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
    settings.shared_socket = options.text("sharedMemory");
    settings.shared.format = *frames::pixel_format(options.text("sharedMemoryFormat"));
    settings.shared.size = {static_cast<int>(options.integer("sharedMemoryWidth")),
                            static_cast<int>(options.integer("sharedMemoryHeight"))};
    if (std::int64_t{settings.shared.size.width} * settings.shared.size.height > frames::most_pixels)
        return Error{Code::invalid_config,
                     fmt::format("framesSharedMemoryWidth, framesSharedMemoryHeight: more than {} pixels",
                                 frames::most_pixels)};
    return std::make_unique<frames::FramesSink>(std::move(settings));
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
