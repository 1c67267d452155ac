#include "controller.hpp"

#include "answers.hpp"

#include <utility>

namespace rill::preview {

namespace {

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, HEAD",
                                     .request_headers = "authorization, if-none-match",
                                     .exposed_headers = "content-length, etag, retry-after, x-rill-time"};

}  // namespace

PreviewController::PreviewController(const Options& values, Patience patience)
    : cache_bytes_(static_cast<std::uint64_t>(values.integer("cacheSize"))),
      cors_(std::make_shared<const http::Cors>(values.list("allowOrigins"), cors_terms)),
      patience_(patience) {}

Result<> PreviewController::start(ControllerHost& host) {
    auto added =
        host.path_route("/api/v1/streams/{path}/preview.jpg", Needs::playback,
                        [this](PathCall call) { answer_preview(std::move(call), desk_.get(), cors_); });
    if (!added || host.archive() == nullptr) return added;
    const auto make = [patience = patience_.decoder](Loop& loop) {
        return std::make_unique<Decoder>(loop, patience);
    };
    desk_ = std::make_unique<Desk>(*host.archive(), cache_bytes_, make, patience_.disk);
    return ok();
}

void PreviewController::stop() noexcept {
    desk_.reset();
}

}  // namespace rill::preview
