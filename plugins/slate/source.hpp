// The source "slate": a picture that says "offline", and silence.
#pragma once

#include "spec.hpp"

#include <rill/source.hpp>

namespace rill::slate {

class SlateSource final : public Source {
  public:
    static Result<std::unique_ptr<Source>> create(const SourceContext& context);
    Result<Ref<GstElement>> build() override;

  private:
    explicit SlateSource(std::vector<Spec> specs) : specs_(std::move(specs)) {}
    const std::vector<Spec> specs_;
};

}  // namespace rill::slate
