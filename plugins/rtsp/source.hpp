// The source "rtsp": cameras that speak RTSP 1.0 (RFC 2326).
#pragma once

#include "attempt.hpp"

#include <rill/source.hpp>

#include <optional>

namespace rill::rtsp {

/// Each build() is a new Attempt; what outlives it is the transport that works and what was complained about.
class RtspSource final : public Source {
  public:
    static Result<std::unique_ptr<Source>> create(const SourceContext& context);

    Result<Ref<GstElement>> build() override;
    Error explain(GstMessage* message) override;

  private:
    RtspSource(const SourceContext& context, Url url, std::string fingerprint, bool automatic,
               Transport transport);
    void try_next_transport();

    // Given.
    const Log log_;
    const Url url_;
    const std::string fingerprint_;
    const std::chrono::nanoseconds timeout_;
    const bool automatic_;  // the transport may change
    const std::shared_ptr<Complaints> complaints_ = std::make_shared<Complaints>();
    // State.
    Transport transport_;
    std::shared_ptr<Attempt> attempt_;
};

}  // namespace rill::rtsp
