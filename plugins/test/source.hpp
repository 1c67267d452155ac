// The source "test": generated pictures and ticking sound, encoded live.
#pragma once

#include "spec.hpp"

#include <rill/source.hpp>

#include <functional>

namespace rill::test_source {

/// Whether an element can be made here.
using Installed = std::function<bool(const char* factory)>;

/// The bin's description for gst_parse_bin_from_description(), with the last elements named "video" and
/// "audio". Error: unavailable, naming what to install.
Result<std::string> describe_bin(const Spec& spec, const Installed& installed);

class TestSource final : public Source {
  public:
    static Result<std::unique_ptr<Source>> create(const SourceContext& context);
    Result<Ref<GstElement>> build() override;

  private:
    explicit TestSource(Spec spec) : spec_(std::move(spec)) {}
    const Spec spec_;
};

}  // namespace rill::test_source
