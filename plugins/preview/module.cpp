// GET /api/v1/streams/{path}/preview.jpg: small pictures of recordings, for timelines.
#include "controller.hpp"

#include <rill/module.hpp>

#include <array>

namespace rill::preview {

namespace {

constexpr auto options = std::to_array<Option>({
    {.name = "cacheSize",
     .type = Type::size,
     .fallback = "32M",
     .doc = "The memory for pictures that were asked for lately; 0: none is kept."},
    {.name = "allowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may show previews from elsewhere (CORS)."},
});

Result<std::unique_ptr<Controller>> create(const Options& values) {
    return std::make_unique<PreviewController>(values);
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "preview",
     .summary = "Small pictures of recordings: /api/v1/streams/{path}/preview.jpg",
     .enabled = true,
     .options = options,
     .create = create},
});

constexpr Module module{.name = "preview", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::preview

const rill::Module* rill_module() {
    return &rill::preview::module;
}
