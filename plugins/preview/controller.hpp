// The controller: one route, and the desk behind it.
#pragma once

#include "desk.hpp"

#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <chrono>
#include <memory>

namespace rill::preview {

/// How long a picture may take.
struct Patience {
    std::chrono::milliseconds disk = std::chrono::seconds(2);
    std::chrono::milliseconds decoder = std::chrono::seconds(1);
};

/// Its options are those of the module. Threading: as Controller.
class PreviewController final : public Controller {
  public:
    explicit PreviewController(const Options& values, Patience patience = {});

    Result<> start(ControllerHost& host) override;
    void stop() noexcept override;

  private:
    const std::uint64_t cache_bytes_;
    const std::shared_ptr<const http::Cors> cors_;
    const Patience patience_;
    std::unique_ptr<Desk> desk_;
};

}  // namespace rill::preview
