// How the units of a track are made, once for the process.
#pragma once

#include "spec.hpp"

#include <rill/loop.hpp>
#include <rill/pipeline.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rill::slate {

/// Whether an element can be made here.
using Installed = std::function<bool(const char* factory)>;

/// The elements that encode a few units, for gst_parse_bin_from_description(); the last is an appsink "out".
/// Error: unavailable, naming what to install.
Result<std::string> describe_encoding(const Spec& spec, const Installed& installed);

/// Units to be repeated for ever. Immutable, and shared by all who show them.
struct Content {
    Ref<GstCaps> caps;
    std::vector<Ref<GstBuffer>> units;  ///< without times
};
using ContentPtr = std::shared_ptr<const Content>;

/// One run of an encoder.
///
/// Threading: made, used and destroyed on any one thread. Destroying it ends the encoder in the background.
class Encoding {
  public:
    /// Begins. `ended` is called on a thread of the encoding's own, once or, when this is destroyed before
    /// the end, not at all.
    Encoding(std::string elements, std::function<void(Result<>)> ended);
    Encoding(const Encoding&) = delete;
    Encoding& operator=(const Encoding&) = delete;
    ~Encoding();

    /// What was made. After the end only. Error: internal, when it cannot be repeated.
    Result<ContentPtr> content() const;

  private:
    void begin(const std::string& elements);
    void end(Result<> how);

    std::function<void(Result<>)> ended_;
    std::unique_ptr<Pipeline> pipeline_;
    Ref<GstElement> sink_;
    Loop loop_;  // last: its thread uses all others
};

}  // namespace rill::slate
